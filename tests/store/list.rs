//! Lists.

use std::collections::{BTreeMap, BTreeSet};

use engine::{Attribute, Cursor, INDEX_SHARDS, JobId, JobState, Outcome, Owner, Page, Timestamp};

use super::check::checks;
use super::table::{RETENTION, Table, alice, at, job, job_of};

/// Jobs of alice, accepted a millisecond apart: their ids, newest first.
async fn accept_many(table: &Table, count: i64) -> Vec<JobId> {
    let mut ids = Vec::new();
    for ms in 0..count {
        ids.push(table.accept_at(job(), at(ms)).await.id);
    }
    ids.reverse();
    ids
}

async fn page(
    table: &Table,
    limit: usize,
    behind: Option<&Cursor>,
    filter: Option<JobState>,
) -> Page {
    let now = at(1_000);
    table
        .store
        .list(&alice(), limit, behind, filter, now)
        .await
        .unwrap()
}

fn ids(page: &Page) -> Vec<JobId> {
    page.jobs.iter().map(|job| job.id).collect()
}

async fn listed_at(table: &Table, owner: &Owner, now: Timestamp) -> Vec<JobId> {
    let listed = table.store.list(owner, 100, None, None, now).await;
    ids(&listed.unwrap())
}

async fn jobs_come_newest_first_from_every_shard(table: &Table) {
    let expected = accept_many(table, 40).await;
    let mut shards = BTreeSet::new();
    for id in &expected {
        let shard = table.item(id).await.remove(Attribute::OwnerShard.name());
        shards.insert(shard.unwrap().as_s().unwrap().clone());
    }

    let listed = page(table, 100, None, None).await;

    assert_eq!(shards.len(), usize::from(INDEX_SHARDS), "{shards:?}");
    assert_eq!(ids(&listed), expected);
    assert_eq!(listed.next, None);
}

async fn two_hundred_and_fifty_jobs_paged_by_seven_come_each_once(table: &Table) {
    let expected = accept_many(table, 250).await;

    let (mut listed, mut cursor, mut pages) = (Vec::new(), None::<Cursor>, 0);
    loop {
        let page = page(table, 7, cursor.as_ref(), None).await;
        pages += 1;
        listed.extend(ids(&page));
        let Some(next) = page.next else { break };
        assert_eq!(page.jobs.len(), 7);
        // As a client hands it back.
        cursor = Some(next.to_string().parse().unwrap());
    }

    assert_eq!(listed, expected);
    assert_eq!(pages, 36);
}

async fn the_last_page_knows_that_it_is_the_last(table: &Table) {
    let expected = accept_many(table, 14).await;

    let first = page(table, 7, None, None).await;
    let second = page(table, 7, first.next.as_ref(), None).await;

    assert_eq!([ids(&first), ids(&second)].concat(), expected);
    assert_eq!(second.next, None);
}

async fn jobs_of_one_millisecond_are_neither_lost_nor_doubled_between_pages(table: &Table) {
    let mut expected = BTreeSet::new();
    for _ in 0..20 {
        expected.insert(table.accept_at(job(), at(5)).await.id);
    }

    let (mut listed, mut cursor) = (Vec::new(), None);
    loop {
        let page = page(table, 3, cursor.as_ref(), None).await;
        listed.extend(ids(&page));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }

    assert_eq!(listed.len(), 20);
    assert_eq!(listed.into_iter().collect::<BTreeSet<_>>(), expected);
}

async fn new_jobs_do_not_move_the_pages_behind_them(table: &Table) {
    let expected = accept_many(table, 20).await;
    let first = page(table, 8, None, None).await;
    for ms in 100..110 {
        table.accept_at(job(), at(ms)).await;
    }

    let second = page(table, 8, first.next.as_ref(), None).await;

    assert_eq!(ids(&first), expected[..8]);
    assert_eq!(ids(&second), expected[8..16]);
}

async fn what_comes_and_goes_between_pages_neither_hides_nor_doubles_a_job(table: &Table) {
    let mut expected = accept_many(table, 24).await;

    let (mut listed, mut cursor, mut later) = (Vec::new(), None, 100);
    loop {
        let page = page(table, 5, cursor.as_ref(), None).await;
        listed.extend(ids(&page));
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
        // A new job, and the one right behind the cursor is deleted: the page behind begins with the next.
        table.accept_at(job(), at(later)).await;
        later += 1;
        let deleted = expected.remove(listed.len());
        table.remove(&deleted).await;
    }

    assert_eq!(listed, expected);
}

async fn a_filter_that_no_job_fits_still_leads_to_the_end(table: &Table) {
    accept_many(table, 25).await;
    let failed = Some(JobState::Completed(Outcome::Failed));

    let (mut cursor, mut pages) = (None, 0);
    loop {
        let page = page(table, 10, cursor.as_ref(), failed).await;
        assert_eq!(ids(&page), []);
        pages += 1;
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }

    assert_eq!(pages, 3);
}

async fn a_filter_keeps_jobs_by_the_state_they_are_judged_to_be_in(table: &Table) {
    let scheduled = table.accept(job()).await.id;
    let started = table.running().await.id;
    let canceled = table.accept(job()).await.id;
    table
        .store
        .cancel(&canceled, || at(500), RETENTION)
        .await
        .unwrap();
    let by_state = BTreeMap::from([
        ("a", (JobState::Scheduled, vec![scheduled])),
        ("b", (JobState::Started, vec![started])),
        (
            "c",
            (JobState::Completed(Outcome::Canceled), vec![canceled]),
        ),
        ("d", (JobState::Completed(Outcome::Failed), vec![])),
    ]);

    for (state, expected) in by_state.values() {
        let listed = page(table, 100, None, Some(*state)).await;
        assert_eq!(ids(&listed), *expected, "{state:?}");
    }

    let failed = Some(JobState::Completed(Outcome::Failed));
    let overdue = table
        .store
        .list(&alice(), 100, None, failed, at(140_000))
        .await;
    let overdue: BTreeSet<_> = ids(&overdue.unwrap()).into_iter().collect();
    assert_eq!(overdue, BTreeSet::from([scheduled, started]));
}

async fn an_item_that_cannot_be_read_is_left_out_of_its_page_and_hides_no_other(table: &Table) {
    let mut expected = accept_many(table, 5).await;
    let corrupt = expected.remove(1);
    let mut item = table.item(&corrupt).await;
    item.remove(Attribute::MaxAttempts.name());
    table.put(item).await;

    let first = page(table, 2, None, None).await;
    let second = page(table, 2, first.next.as_ref(), None).await;

    assert_eq!(ids(&first), expected[..1]);
    assert_eq!(ids(&second), expected[1..3]);
    assert!(second.next.is_some());
}

async fn nobody_sees_another_owners_jobs(table: &Table) {
    // Names that a careless key would take for alice's.
    let others = ["bob", "alice#1", "alic", "alicee"].map(|name| Owner::named(name).unwrap());
    let own = accept_many(table, 5).await;
    let mut theirs = Vec::new();
    for owner in &others {
        theirs.push(table.accept(job_of(owner)).await.id);
    }

    assert_eq!(listed_at(table, &alice(), at(1_000)).await, own);
    for (owner, id) in others.iter().zip(theirs) {
        assert_eq!(listed_at(table, owner, at(1_000)).await, [id], "{owner}");
    }
    let nobody = Owner::named("nobody").unwrap();
    assert_eq!(listed_at(table, &nobody, at(1_000)).await, []);
}

async fn a_job_whose_time_is_over_is_left_out_before_ttl_deletes_it_and_after(table: &Table) {
    let (first, second) = (
        table.accept(job()).await.id,
        table.accept_at(job(), at(1)).await.id,
    );
    table
        .store
        .cancel(&first, || at(0), RETENTION)
        .await
        .unwrap();

    assert_eq!(
        listed_at(table, &alice(), at(49_999)).await,
        [second, first]
    );
    assert_eq!(listed_at(table, &alice(), at(50_000)).await, [second]);
    table.remove(&first).await;
    assert_eq!(listed_at(table, &alice(), at(0)).await, [second]);
}

async fn a_limit_is_at_least_one_and_at_most_a_hundred(table: &Table) {
    accept_many(table, 101).await;

    let none = page(table, 0, None, None).await;
    let many = page(table, usize::MAX, None, None).await;

    assert_eq!((none.jobs.len(), many.jobs.len()), (1, engine::MAX_PAGE));
    assert!(many.next.is_some());
}

checks![
    jobs_come_newest_first_from_every_shard,
    two_hundred_and_fifty_jobs_paged_by_seven_come_each_once,
    the_last_page_knows_that_it_is_the_last,
    jobs_of_one_millisecond_are_neither_lost_nor_doubled_between_pages,
    new_jobs_do_not_move_the_pages_behind_them,
    what_comes_and_goes_between_pages_neither_hides_nor_doubles_a_job,
    a_filter_that_no_job_fits_still_leads_to_the_end,
    a_filter_keeps_jobs_by_the_state_they_are_judged_to_be_in,
    an_item_that_cannot_be_read_is_left_out_of_its_page_and_hides_no_other,
    nobody_sees_another_owners_jobs,
    a_job_whose_time_is_over_is_left_out_before_ttl_deletes_it_and_after,
    a_limit_is_at_least_one_and_at_most_a_hundred,
];
