//! What is shown of a load while it lasts: a bar on a terminal, a line at its end anywhere else.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinHandle;
use tokio::time::interval;

use super::load::Answered;
use super::measured::Measured;
use crate::plain_table::thousands;
use crate::queue_depth::QueueDepth;

/// The display of one load. Dropping it takes it away.
pub(super) struct Show {
    title: String,
    bar: ProgressBar,
    refresh: JoinHandle<()>,
}

const REFRESH: Duration = Duration::from_millis(250);

impl Show {
    /// `jobs` is how many there will be; 0 when only the time will tell.
    pub(super) fn start(
        title: &str,
        jobs: u64,
        answered: Answered,
        queue: Arc<QueueDepth>,
    ) -> Self {
        let bar = bar(title, jobs);
        let refresh = tokio::spawn(refresh(bar.clone(), answered, queue));
        Self {
            title: title.to_owned(),
            bar,
            refresh,
        }
    }

    /// Leaves one line behind.
    pub(super) fn end(self, measured: &Measured) {
        self.bar.finish_and_clear();
        let Measured {
            submitted,
            seconds,
            jobs_per_second,
            ..
        } = measured;
        eprintln!(
            "{}: {submitted} jobs in {seconds:.1} s, {jobs_per_second:.0} a second",
            self.title
        );
    }
}

impl Drop for Show {
    fn drop(&mut self) {
        self.refresh.abort();
        self.bar.finish_and_clear();
    }
}

/// Hidden where standard error is no terminal.
pub(super) fn bar(title: &str, length: u64) -> ProgressBar {
    let (bar, template) = if length == 0 {
        (
            ProgressBar::new_spinner(),
            "{elapsed_precise} {spinner} {prefix}: {msg}",
        )
    } else {
        (
            ProgressBar::new(length),
            "{elapsed_precise} [{bar:40}] {prefix}: {msg}",
        )
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.with_prefix(title.to_owned())
}

/// Asks nothing where nobody looks.
async fn refresh(bar: ProgressBar, answered: Answered, queue: Arc<QueueDepth>) {
    let begun = Instant::now();
    let mut ticks = interval(REFRESH);
    while !bar.is_hidden() {
        ticks.tick().await;
        let submitted = answered.load(Ordering::Relaxed);
        let ended = submitted.saturating_sub(queue.messages().await);
        bar.set_position(ended);
        let seconds = begun.elapsed().as_secs().max(1);
        bar.set_message(format!(
            "{} submitted, {} at their end, {} a second",
            thousands(submitted),
            thousands(ended),
            thousands(ended / seconds)
        ));
    }
}
