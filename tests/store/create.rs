//! The first write.

use engine::{Created, Fingerprint, JobRecord, JobState, NewJob, Percent, ScheduleName};
use tokio::task::JoinSet;

use super::check::checks;
use super::table::{DEADLINE, HORIZON, RETENTION, Table, alice, at, job, new_token};

fn other_request(job: &NewJob) -> NewJob {
    NewJob {
        fingerprint: Fingerprint::of(b"another request"),
        creation_token: new_token(),
        ..job.clone()
    }
}

async fn a_new_record_reads_back_with_all_that_it_was_accepted_with(table: &Table) {
    let mut job = job();
    job.scheduled_start = at(7_250);
    job.schedule = Some(ScheduleName::of(&job.id, &job.creation_token));

    let Created::New(created) = table
        .store
        .create(job.clone(), None, at(250))
        .await
        .unwrap()
    else {
        panic!("a new id was taken");
    };

    let expected = JobRecord {
        id: job.id,
        owner: alice(),
        kind: job.kind,
        fingerprint: job.fingerprint,
        creation_token: job.creation_token,
        state: JobState::Scheduled,
        percent: Percent::ZERO,
        start_percent: Percent::ZERO,
        checkpoint: None,
        title: Some(job.summary.clone()),
        summary: job.summary,
        created_at: at(250),
        scheduled_start: at(7_250),
        schedule: job.schedule,
        started_at: None,
        ended_slices: None,
        is_between_slices: false,
        ended_at: None,
        deadline: at(7_250).plus(DEADLINE),
        overdue_at: at(7_250).plus(DEADLINE + HORIZON),
        lease_until: None,
        run_token: None,
        progress_number: 0,
        // 7.25 s, the deadline, the horizon and the retention, rounded up to whole seconds.
        expires_at: at(198_000),
        attempt: 0,
        max_attempts: 3,
        cancel_requested: false,
        is_deleted: false,
        version: 1,
        updated_at: at(250),
        result: None,
        result_token: None,
        result_days: None,
        error: None,
        callback: None,
    };
    assert_eq!(*created, expected);
    assert_eq!(table.read(&created.id).await, expected);
}

async fn an_id_without_a_record_reads_as_none(table: &Table) {
    assert_eq!(table.store.get(&job().id).await.unwrap(), None);
}

async fn the_same_write_again_is_new_and_changes_nothing(table: &Table) {
    let job = job();
    let first = table.accept(job.clone()).await;
    let item = table.item(&job.id).await;

    let again = table.store.create(job.clone(), None, at(0)).await.unwrap();

    assert_eq!(again, Created::New(first.into()));
    assert_eq!(table.item(&job.id).await, item);
}

async fn the_same_write_again_is_new_though_a_worker_was_faster(table: &Table) {
    let job = job();
    table.accept(job.clone()).await;
    let run = table.start(&job.id, "run-1", at(1)).await;

    let again = table.store.create(job, None, at(0)).await.unwrap();

    assert_eq!(again, Created::New(run.into()));
}

/// Two submits under one `Idempotency-Key`, at the same millisecond.
async fn the_same_request_in_the_same_millisecond_is_another_write(table: &Table) {
    let job = job();
    let first = table.accept(job.clone()).await;
    let item = table.item(&job.id).await;
    let rival = NewJob {
        creation_token: new_token(),
        ..job
    };

    let second = table.store.create(rival, None, at(0)).await.unwrap();

    assert_eq!(second, Created::Taken(first.into()));
    assert_eq!(table.item(&job.id).await, item);
}

async fn a_live_id_is_taken_and_its_record_stands(table: &Table) {
    let job = job();
    let first = table.accept(job.clone()).await;
    let item = table.item(&job.id).await;

    let other = table
        .store
        .create(other_request(&job), None, at(0))
        .await
        .unwrap();
    let later = NewJob {
        creation_token: new_token(),
        ..job.clone()
    };
    let later = table.store.create(later, None, at(1)).await.unwrap();

    assert_eq!(other, Created::Taken(first.clone().into()));
    assert_eq!(later, Created::Taken(first.into()));
    assert_eq!(table.item(&job.id).await, item);
}

async fn a_record_stands_to_the_last_millisecond_of_its_time(table: &Table) {
    let job = job();
    let first = table.accept(job.clone()).await;
    let span = DEADLINE + HORIZON + RETENTION;
    let last = at(i64::try_from(span.as_millis()).unwrap() - 1);
    assert!(!first.is_expired(last));

    let other = table
        .store
        .create(other_request(&job), None, last)
        .await
        .unwrap();

    assert_eq!(other, Created::Taken(first.into()));
}

async fn an_expired_record_makes_way_for_a_new_job(table: &Table) {
    let job = job();
    let run = table.running().await;
    let job = NewJob { id: run.id, ..job };
    let over = run.expires_at;

    let next = other_request(&job);
    let replaced = Some(&run.creation_token);

    let created = table.store.create(next.clone(), replaced, over).await;
    let created = created.unwrap();

    let expected = JobRecord::begin(next, over);
    assert_eq!(created, Created::New(expected.clone().into()));
    assert_eq!(table.read(&job.id).await, expected);
}

async fn an_expired_record_that_ttl_has_deleted_since_makes_way_too(table: &Table) {
    let old = table.accept(job()).await;
    let replaced = Some(&old.creation_token);
    table.remove(&old.id).await;
    let next = NewJob {
        id: old.id,
        ..job()
    };

    let created = table.store.create(next, replaced, old.expires_at).await;

    assert!(matches!(created, Ok(Created::New(_))), "{created:?}");
}

/// By its own read, that is: what the record says of its time does not matter.
async fn a_record_that_the_submit_did_not_see_is_never_replaced(table: &Table) {
    let old = table.accept(job()).await;
    let over = old.expires_at;
    let second = table.accept_next(old.id, over).await;
    let after = second.expires_at;
    let next = || NewJob {
        id: old.id,
        ..job()
    };

    let saw_none = table.store.create(next(), None, after).await.unwrap();
    let replaced = Some(&old.creation_token);
    let saw_first = table.store.create(next(), replaced, after).await.unwrap();

    let taken = Created::Taken(second.clone().into());
    assert_eq!((saw_none, saw_first), (taken.clone(), taken));
    assert_eq!(table.read(&old.id).await, second);
}

async fn of_thirty_submits_of_one_id_one_writes_the_record(table: &Table) {
    let job = job();
    let mut submits = JoinSet::new();
    for _ in 0..30 {
        let (store, mut job) = (table.store.clone(), job.clone());
        job.creation_token = new_token();
        submits.spawn(async move { store.create(job, None, at(0)).await.unwrap() });
    }

    let created = submits.join_all().await;

    let standing = table.read(&job.id).await;
    let (new, taken): (Vec<_>, Vec<_>) = created
        .into_iter()
        .partition(|created| matches!(created, Created::New(_)));
    assert_eq!(new, [Created::New(standing.clone().into())]);
    assert_eq!(taken, vec![Created::Taken(standing.into()); 29]);
}

checks![
    a_new_record_reads_back_with_all_that_it_was_accepted_with,
    an_id_without_a_record_reads_as_none,
    the_same_write_again_is_new_and_changes_nothing,
    the_same_write_again_is_new_though_a_worker_was_faster,
    the_same_request_in_the_same_millisecond_is_another_write,
    a_live_id_is_taken_and_its_record_stands,
    a_record_stands_to_the_last_millisecond_of_its_time,
    an_expired_record_makes_way_for_a_new_job,
    an_expired_record_that_ttl_has_deleted_since_makes_way_too,
    a_record_that_the_submit_did_not_see_is_never_replaced,
    of_thirty_submits_of_one_id_one_writes_the_record,
];
