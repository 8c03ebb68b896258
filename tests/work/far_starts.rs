//! Jobs that start later than the queue can delay a message, on a clock that is advanced: the service with its processes, and a
//! schedule in the message's place.

use std::env;
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};

use crate::app::{App, Job, eventually, time_in};

const DAY: Duration = Duration::from_secs(86_400);

/// Submits a job that starts in 40 days.
async fn submit_far(app: &App) -> Job {
    let start = time_in(40 * DAY.as_secs());
    let job = json!({"name": "rehearsal", "input": {}, "scheduled-start-time": start});
    app.submit(&job).await
}

/// Nothing is in the queue: visible, in flight or delayed.
async fn until_queue_is_empty(app: &App) {
    eventually("an empty queue", async || {
        (app.messages().await == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_job_that_starts_in_40_days_is_not_in_the_queue_until_then_and_succeeds() {
    let (app, mut clock) = App::start_with_clock(&[]);
    let job = submit_far(&app).await;
    let name = app.schedule_name(&job).await;
    let waiting = (app.messages().await, app.schedule(&name).await.is_some());
    clock.advance(39 * DAY);
    // It has gone through the worker, so the schedules were looked at since.
    let other = app.rehearse(json!({})).await;
    app.wait_for_end(&other).await;
    until_queue_is_empty(&app).await;
    let early = app.status(&job).await.json();

    clock.advance(DAY + Duration::from_secs(60));
    let ended = app.wait_for_end(&job).await;

    assert_eq!(waiting, (0, true));
    assert_eq!(early["job"]["job-state"], "SCHEDULED");
    assert_eq!(ended["job"]["job-status"], "SUCCESS", "{ended}");
    assert_eq!(ended["job"]["attempt"], 1);
    assert!(app.schedule(&name).await.is_none());
    until_queue_is_empty(&app).await;
}

#[tokio::test]
async fn a_job_that_is_canceled_has_no_schedule_and_runs_nothing_even_if_it_fires() {
    // Its record is kept, so that the claim decides.
    let (app, mut clock) = App::start_with_clock(&["--retention", "31536000"]);
    let job = submit_far(&app).await;
    let name = app.schedule_name(&job).await;
    let schedule = app.schedule(&name).await.unwrap();

    let canceled = app.cancel(&job).await;
    let left = app.schedule(&name).await;
    // It was on its way when the delete came.
    app.create_schedule(&name, &schedule).await;
    clock.advance(40 * DAY + Duration::from_secs(60));
    app.until_fired(&name).await;
    until_queue_is_empty(&app).await;

    assert_eq!(canceled.status, 200, "{canceled:?}");
    assert!(left.is_none());
    let document = app.status(&job).await.json();
    assert_eq!(document["job"]["job-status"], "CANCELED");
    assert_eq!(document["job"]["attempt"], 0);
}

#[tokio::test]
async fn a_job_that_is_deleted_has_no_schedule() {
    let (app, _clock) = App::start_with_clock(&[]);
    let job = submit_far(&app).await;
    let name = app.schedule_name(&job).await;
    let schedule = app.schedule(&name).await.unwrap();
    app.cancel(&job).await;
    app.create_schedule(&name, &schedule).await;

    let deleted = app.delete(&job).await;

    assert_eq!(deleted.status, 204, "{deleted:?}");
    assert!(app.schedule(&name).await.is_none());
}

#[tokio::test]
async fn a_schedule_that_fires_twice_runs_its_job_once_and_one_without_a_record_runs_nothing() {
    let (app, mut clock) = App::start_with_clock(&[]);
    let (twice, none) = (submit_far(&app).await, submit_far(&app).await);
    let names = [
        app.schedule_name(&twice).await,
        app.schedule_name(&none).await,
    ];
    let schedule = app.schedule(&names[0]).await.unwrap();
    app.create_schedule("again", &schedule).await;
    app.delete_record(&none).await;

    clock.advance(40 * DAY + Duration::from_secs(60));
    app.until_fired("again").await;
    for name in &names {
        app.until_fired(name).await;
    }
    let ended = app.wait_for_end(&twice).await;
    // Until then, the record could still be written.
    clock.advance(engine::WRITE_HORIZON + Duration::from_secs(60));
    until_queue_is_empty(&app).await;

    assert_eq!(ended["job"]["job-status"], "SUCCESS", "{ended}");
    assert_eq!(ended["job"]["attempt"], 1);
    assert!(app.record(&none).await.is_none());
    assert_eq!(app.status(&none).await.status, 410);
}

#[tokio::test]
async fn a_job_that_starts_in_40_days_is_kept_with_the_data_folder() {
    let data = tempfile::tempdir().unwrap();
    let flags = ["--data", data.path().to_str().unwrap()];
    let (app, mut clock) = App::start_with_clock(&flags);
    let job = submit_far(&app).await;

    app.into_service().stop();
    clock.advance(40 * DAY + Duration::from_secs(60));
    let app = App::start_at(&clock, &flags);
    let job = Job {
        uri: format!("/jobs/{}", job.id),
        ..job
    };

    let ended = app.wait_for_end(&job).await;
    assert_eq!(ended["job"]["job-status"], "SUCCESS", "{ended}");
}

/// How many jobs are submitted that start in 40 days.
const SUBMITTED: usize = 300;

/// How many more schedules there are for then, which take less time to make: `FAR_JOBS=120000` for as many messages as SQS allows in flight.
fn far_jobs() -> usize {
    env::var("FAR_JOBS").map_or(2_000, |count| count.parse().unwrap())
}

#[tokio::test]
async fn jobs_that_start_in_40_days_leave_the_queue_to_the_others() {
    let (app, _clock) = App::start_with_clock(&[]);
    let before = queue_delay_ms(&app).await;
    let job = submit_far(&app).await;
    let schedule = app.schedule(&app.schedule_name(&job).await).await.unwrap();

    let submits = (0..SUBMITTED).map(|_| submit_far(&app));
    let far: Vec<Job> = stream::iter(submits).buffer_unordered(8).collect().await;
    let creations = (0..far_jobs()).map(|nth| {
        let (app, schedule) = (app.clone(), schedule.clone());
        async move { app.create_schedule(&format!("far-{nth}"), &schedule).await }
    });
    stream::iter(creations)
        .buffer_unordered(8)
        .collect::<Vec<()>>()
        .await;

    // None is visible, in flight or delayed, now or behind the other jobs.
    until_queue_is_empty(&app).await;
    let after = queue_delay_ms(&app).await;
    until_queue_is_empty(&app).await;
    // For a reader: no test asserts a time.
    println!(
        "{} far jobs; queue delay {before} ms before, {after} ms behind them",
        far_jobs()
    );
    let last = format!("far-{}", far_jobs() - 1);
    assert!(app.schedule(&last).await.is_some());
    for job in &far {
        let document = app.status(job).await.json();
        assert_eq!(document["job"]["job-state"], "SCHEDULED", "{document}");
        let name = app.schedule_name(job).await;
        assert!(app.schedule(&name).await.is_some(), "{name} has fired");
    }
}

/// The median time from due to started, of jobs one after another.
async fn queue_delay_ms(app: &App) -> i64 {
    let mut delays = Vec::new();
    for _ in 0..31 {
        let job = app.rehearse(json!({})).await;
        let document = app.wait_for_end(&job).await["job"].take();
        delays.push(started_after_ms(&document));
    }
    delays.sort_unstable();
    delays[delays.len() / 2]
}

fn started_after_ms(document: &Value) -> i64 {
    let ms = |member: &str| crate::app::time(&document[member]).ms();
    ms("start-time") - ms("scheduled-start-time")
}
