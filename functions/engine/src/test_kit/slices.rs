//! Runs a job over several slices.

use std::time::Duration;

use tokio::time::Instant;

use super::{run_of, until, without_aws};
use crate::{Job, JobError, MAX_PAUSES, Progress, run_context};

/// Outcome of a job that ran over one or more slices.
#[derive(Debug)]
pub struct SlicedRun<R> {
    /// The result of the last slice: never [`JobError::NextSlice`]. `None` if that slice did not end in its time, so that a worker would have
    /// stopped it.
    pub result: Option<R>,
    /// The latest progress.
    pub progress: Progress,
    /// Number of slices.
    pub slices: u32,
}

/// Runs the first attempt of a job over as many slices as it takes, each with `time` until it must stop. As in the service, each slice
/// begins with the checkpoint and the percentage of the one before. `job` makes the job from its input, as each invocation does.
///
/// A test can pause tokio's clock, so that slices of minutes take no time:
///
/// ```
/// use std::time::Duration;
/// use engine::test_kit;
/// # use engine::{Context, Job, JobError, Percent};
/// # #[derive(serde::Deserialize, schemars::JsonSchema)]
/// # struct Export { pages: u32 }
/// # impl Job for Export {
/// #     const NAME: &'static str = "export";
/// #     type Output = u32;
/// #     async fn run(self, context: Context) -> Result<u32, JobError> {
/// #         let begun = context.saved().unwrap_or(0);
/// #         for page in begun..self.pages {
/// #             if context.time_left() < Duration::from_secs(15) { return Err(JobError::next_slice()) }
/// #             tokio::time::sleep(Duration::from_secs(10)).await;
/// #             context.save(&(page + 1))?;
/// #             context.progress(Percent::of((page + 1).into(), self.pages.into()), "exported");
/// #         }
/// #         Ok(self.pages)
/// #     }
/// # }
/// # #[tokio::main(flavor = "current_thread", start_paused = true)]
/// # async fn main() {
/// // 40 minutes: it takes 10 s for each page, and ends its slice when less than 15 s are left.
/// let sliced = test_kit::run_slices(|| Export { pages: 240 }, Duration::from_secs(60)).await;
/// assert_eq!(sliced.result.unwrap().unwrap(), 240);
/// assert_eq!(sliced.slices, 48);
/// # }
/// ```
///
/// # Panics
/// If the job ends a slice without progress (in the service, that attempt fails with `no-progress`), or more than [`MAX_PAUSES`] slices
/// (`sliced-too-often`).
pub async fn run_slices<J: Job>(
    job: impl Fn() -> J,
    time: Duration,
) -> SlicedRun<Result<J::Output, JobError>> {
    let mut run = run_of(1, None);
    for slices in 1..=MAX_PAUSES {
        let ends_at = Instant::now() + time;
        let (context, control) = run_context(&run, Vec::new(), ends_at, without_aws());
        let result = tokio::select! {
            biased;
            result = job().run(context) => Some(result),
            () = until(ends_at) => None,
        };
        let progress = control.progress.borrow().clone();
        if !matches!(result, Some(Err(JobError::NextSlice))) {
            return SlicedRun {
                result,
                progress,
                slices,
            };
        }
        assert!(
            progress.is_beyond(&run),
            "slice {slices} ended without progress: {progress:?}"
        );
        run.percent = progress.percent;
        run.checkpoint = progress.checkpoint;
    }
    panic!("the job ends one slice after another")
}
