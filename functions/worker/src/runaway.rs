//! Handlers that don't stop when they are told to.
//!
//! A thread cannot be ended from outside, only its process can. So when an invocation is answered and a handler of it still
//! runs, the process ends itself, and Lambda starts a fresh one for the next invocation. Otherwise the thread would be frozen
//! with the process, and go on in a later invocation with work that nobody wants.

use lambda_runtime::tracing::error;

use crate::work::Threads;

/// Waits until the invocation's answer is with the Runtime API; then ends the process if a handler still runs.
pub(crate) async fn end_with_runaways<T>(answered: impl Future<Output = T>, threads: Threads) -> T {
    let answer = answered.await;
    if threads.are_left() {
        error!(
            "a handler did not stop: the process ends, so that it does not run on in a later invocation"
        );
        // The status says that this was not the end that Lambda asked for.
        std::process::exit(1);
    }
    answer
}
