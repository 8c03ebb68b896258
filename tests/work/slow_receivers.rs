//! Receivers of webhooks that take long for each delivery, and jobs that do not wait for them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::extract::State;
use axum::routing::post;
use futures_util::future::join_all;
use local::CALLBACK_CONCURRENCY;
use serde_json::json;

use crate::app::{App, eventually};
use crate::backends::listen;

/// Several times as many as are delivered at the same time.
const WEBHOOKS: usize = 60;

const JOBS: usize = 20;

/// The deliveries that have arrived at a receiver that never answers, and those that their sender has given up since.
#[derive(Clone, Default)]
struct Receiver {
    arrived: Arc<AtomicUsize>,
    given_up: Arc<AtomicUsize>,
}

impl Receiver {
    /// Starts it. Returns its URL.
    async fn serve(&self) -> String {
        let (listener, url) = listen().await;
        let router = Router::new()
            .route("/", post(hang))
            .with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("{url}/")
    }
}

/// Dropped with the connection.
struct Delivery(Receiver);

impl Drop for Delivery {
    fn drop(&mut self) {
        self.0.given_up.fetch_add(1, Ordering::SeqCst);
    }
}

async fn hang(State(receiver): State<Receiver>) {
    receiver.arrived.fetch_add(1, Ordering::SeqCst);
    let _delivery = Delivery(receiver);
    std::future::pending::<()>().await;
}

#[tokio::test]
async fn a_receiver_that_takes_long_delays_no_job() {
    let app = App::start(&["--concurrency", "2", "--callbacks-to-loopback"]);
    let receiver = Receiver::default();
    let url = receiver.serve().await;
    let job = json!({"name": "rehearsal", "input": {"seconds": 0, "steps": 1}});
    let mut with_webhook = job.clone();
    with_webhook["callback"] = json!({"url": url});
    join_all((0..WEBHOOKS).map(|_| app.submit(&with_webhook))).await;
    // Each process that delivers is busy, with up to ten of them at once, until it gives up.
    let arrived = || receiver.arrived.load(Ordering::SeqCst);
    let busy = || (arrived() >= CALLBACK_CONCURRENCY).then_some(());
    eventually("deliveries", async || busy()).await;

    let jobs = join_all((0..JOBS).map(|_| app.submit(&job))).await;
    join_all(jobs.iter().map(|job| app.wait_for_end(job))).await;

    // The first deliveries go on, and the last ones have not begun, though they were due before the jobs.
    let (arrived, given_up) = (arrived(), receiver.given_up.load(Ordering::SeqCst));
    assert_eq!(given_up, 0, "of {arrived}");
    assert!(arrived < WEBHOOKS, "{arrived} of {WEBHOOKS}");
}
