//! What a running job can see and say.

use std::sync::Arc;
use std::time::Duration;

use aws_config::SdkConfig;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::{JobId, Percent};

/// How far an attempt is, and what it says of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// It never falls within an attempt.
    pub percent: Percent,
    /// What the status document shows as the job's summary; `None` leaves what stands.
    pub summary: Option<String>,
}

/// What a running job can see and say. Cloning is cheap; clones are the same context.
#[derive(Clone, Debug)]
pub struct Context {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    id: JobId,
    attempt: u32,
    max_attempts: u32,
    ends_at: Instant,
    aws: SdkConfig,
    progress: watch::Sender<Progress>,
    stop: watch::Receiver<bool>,
}

/// The other end of a [`Context`]: what the worker sees and says.
#[derive(Debug)]
pub struct RunControl {
    /// What the attempt said last.
    pub progress: watch::Receiver<Progress>,
    /// `true` asks the attempt to stop. Dropping it does the same.
    pub stop: watch::Sender<bool>,
}

/// A context for one attempt that has to end at `ends_at`, and its other end.
#[must_use]
pub fn run_context(
    id: JobId,
    attempt: u32,
    max_attempts: u32,
    ends_at: Instant,
    aws: SdkConfig,
) -> (Context, RunControl) {
    let (progress, said) = watch::channel(Progress::default());
    let (stop, stopped) = watch::channel(false);
    let shared = Shared {
        id,
        attempt,
        max_attempts,
        ends_at,
        aws,
        progress,
        stop: stopped,
    };
    (
        Context {
            shared: Arc::new(shared),
        },
        RunControl {
            progress: said,
            stop,
        },
    )
}

impl Context {
    /// The job's id: the same for each of its attempts.
    #[must_use]
    pub fn id(&self) -> JobId {
        self.shared.id
    }

    /// Which attempt this is; 1 is the first.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        self.shared.attempt
    }

    /// How many attempts there can be.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.shared.max_attempts
    }

    /// How long the attempt has until it is ended: the function's own time-out or the job's deadline, less a margin.
    #[must_use]
    pub fn remaining(&self) -> Duration {
        self.shared
            .ends_at
            .saturating_duration_since(Instant::now())
    }

    /// Says how far the job is. Cheap, so it can be called as often as there is something to say: the worker writes at most
    /// once a second, and the last one is never lost. A percentage below an earlier one counts as the earlier one.
    pub fn progress(&self, percent: Percent, summary: impl Into<String>) {
        let summary = Some(summary.into());
        self.shared.progress.send_modify(|said| {
            said.percent = said.percent.max(percent);
            said.summary = summary;
        });
    }

    /// Whether the attempt is to stop: its owner canceled the job, or its time is up. A future is dropped at its next await;
    /// only work that doesn't await for long has to look.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        // Without its other end nobody wants the work any more.
        *self.shared.stop.borrow() || self.shared.stop.has_changed().is_err()
    }

    /// Ends when the attempt is to stop.
    pub async fn stopped(&self) {
        let mut stop = self.shared.stop.clone();
        // An error means that the other end is gone, which is a stop too.
        let _ = stop.wait_for(|stopped| *stopped).await;
    }

    /// What AWS clients are made from: region, credentials and connections are shared with the function's own.
    #[must_use]
    pub fn aws(&self) -> &SdkConfig {
        &self.shared.aws
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_kit;

    #[test]
    fn a_percentage_never_falls_within_an_attempt() {
        let (context, control) = test_kit::context(1);
        context.progress(Percent::new(40), "a");
        context.progress(Percent::new(10), "b");
        let said = control.progress.borrow().clone();
        assert_eq!(
            said,
            Progress {
                percent: Percent::new(40),
                summary: Some("b".to_owned())
            }
        );
    }

    #[tokio::test]
    async fn a_context_sees_when_it_is_to_stop() {
        let (context, control) = test_kit::context(1);
        assert!(!context.is_stopped());
        control.stop.send(true).unwrap();
        context.stopped().await;
        assert!(context.is_stopped());
    }

    #[tokio::test]
    async fn a_context_whose_worker_is_gone_stops() {
        let (context, control) = test_kit::context(1);
        drop(control);
        context.stopped().await;
        assert!(context.is_stopped());
    }
}
