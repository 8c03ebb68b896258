//! Concurrent tasks, up to as many as jobs may run in a process.

use lambda_runtime::tracing::{Instrument, Span, error};
use tokio::task::JoinSet;

/// Maximum number of jobs that run concurrently in a process, however large the event source makes its batches: they share its
/// memory. Equal to the template's batch size.
const AT_ONCE: usize = 10;

/// Runs the tasks, up to [`AT_ONCE`] concurrently, and passes on the output of each one that does not panic.
pub(crate) async fn each<F>(mut tasks: impl Iterator<Item = F>, mut output: impl FnMut(F::Output))
where
    F: Future<Output: Send> + Send + 'static,
{
    let mut running = JoinSet::new();
    loop {
        while running.len() < AT_ONCE
            && let Some(task) = tasks.next()
        {
            running.spawn(task.instrument(Span::current()));
        }
        match running.join_next().await {
            None => break,
            Some(Ok(value)) => output(value),
            Some(Err(panic)) => error!("delivery failed: {panic}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use tokio::sync::Barrier;

    #[tokio::test]
    async fn as_many_tasks_as_jobs_may_run_at_once_and_one_that_panics_has_no_output() {
        let all_begun = Arc::new(Barrier::new(AT_ONCE));
        let tasks = (0..2 * AT_ONCE).map(|number| {
            let all_begun = all_begun.clone();
            async move {
                // Passed only when ten tasks wait here at once.
                all_begun.wait().await;
                assert_ne!(number, 3, "as it was told");
                number
            }
        });
        let mut outputs = Vec::new();
        each(tasks, |number| outputs.push(number)).await;
        outputs.sort_unstable();
        let expected: Vec<_> = (0..2 * AT_ONCE).filter(|number| *number != 3).collect();
        assert_eq!(outputs, expected);
    }
}
