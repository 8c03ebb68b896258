//! When a webhook is delivered again, on a clock that is advanced: the service with its processes, and a receiver that fails.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use serde_json::json;

use crate::app::{App, Job, eventually};
use crate::backends::listen;

/// Refuses the first three deliveries.
async fn receive(State(arrived): State<Arc<AtomicU64>>) -> StatusCode {
    match arrived.fetch_add(1, Ordering::SeqCst) {
        0..3 => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::NO_CONTENT,
    }
}

async fn until_tried(app: &App, job: &Job, attempts: u64, state: &str) {
    let what = format!("{attempts} deliveries, {state}");
    eventually(&what, async || {
        let callback = app.status(job).await.json()["job"]["callback"].clone();
        (callback["attempts"] == attempts && callback["state"] == state).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_webhook_is_delivered_after_5_seconds_5_minutes_and_half_an_hour() {
    let (listener, url) = listen().await;
    let arrived = Arc::new(AtomicU64::new(0));
    let router = Router::new()
        .route("/", post(receive))
        .route("/other", post(async || StatusCode::NO_CONTENT));
    let router = router.with_state(arrived.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let (app, mut clock) = App::start_with_clock(&["--callbacks-to-loopback"]);
    let submit = async |path: &str| {
        let callback = json!({"url": format!("{url}{path}")});
        app.submit(&json!({"name": "rehearsal", "input": {}, "callback": callback}))
            .await
    };
    let job = submit("/").await;

    // At once, and after 5 seconds, which are real ones.
    until_tried(&app, &job, 2, "PENDING").await;
    clock.advance(Duration::from_secs(200));
    // What else is due is taken out of the queue with this one.
    let other = submit("/other").await;
    until_tried(&app, &other, 1, "DELIVERED").await;
    assert_eq!(arrived.load(Ordering::SeqCst), 2, "before its time");
    // A delay is up to a tenth longer.
    clock.advance(Duration::from_secs(135));
    until_tried(&app, &job, 3, "PENDING").await;
    clock.advance(Duration::from_secs(1_990));
    until_tried(&app, &job, 4, "DELIVERED").await;

    assert_eq!(arrived.load(Ordering::SeqCst), 4);
}
