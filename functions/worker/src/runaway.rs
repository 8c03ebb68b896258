//! Handlers that do not stop when they are told to.
//!
//! A thread cannot be stopped from outside; only its process can. So if a handler still runs when the invocation has been answered,
//! the process exits, and Lambda starts a new one for the next invocation. Otherwise the thread would be frozen with the process, and
//! would continue in a later invocation with work that nobody needs.

use lambda_runtime::tracing::error;

use crate::work::Threads;

/// Waits until the response of the invocation has reached the Runtime API; then exits the process if a handler still runs.
pub(crate) async fn end_with_runaways<T>(answered: impl Future<Output = T>, threads: Threads) -> T {
    let answer = answered.await;
    if threads.are_left() {
        error!("handler did not stop: the process exits, so that the handler cannot continue");
        // The status shows that Lambda did not ask for this exit.
        std::process::exit(1);
    }
    answer
}
