//! The kinds as `worker` needs them.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::input::read;
use super::registry::{Kinds, OfKind};
use crate::{Context, Job, JobError, RetryPolicy};

type Running = Pin<Box<dyn Future<Output = Result<String, JobError>> + Send>>;

/// A kind as `worker` needs it.
#[derive(Clone, Copy, Debug)]
pub struct Runner {
    run: fn(&str, Context) -> Running,
    /// The delay between attempts.
    pub retry: RetryPolicy,
    /// Time limit of an attempt, if it is shorter than the worker's timeout.
    pub time_limit: Option<Duration>,
}

impl Runner {
    /// Runs the kind with an input (JSON text) and returns the result as JSON text. The call parses the input; polling the future does
    /// the work.
    #[must_use]
    pub fn run(&self, input: &str, context: Context) -> Running {
        (self.run)(input, context)
    }
}

/// The kinds as `worker` needs them: their handlers.
pub type Runners = Kinds<Runner>;

impl OfKind for Runner {
    fn of<J: Job>() -> Self {
        Self {
            run: run::<J>,
            retry: J::RETRY,
            time_limit: J::TIME_LIMIT,
        }
    }
}

fn run<J: Job>(input: &str, context: Context) -> Running {
    let job = read::<J>(input);
    Box::pin(async move {
        // `submit` has checked the input, so this message is from before a change of the kind's input.
        let job = job.map_err(|wrong| {
            JobError::permanent(
                "invalid-input",
                &format!("input{}: {}", wrong.pointer, wrong.detail),
            )
        })?;
        let ended = job.run(context.clone()).await;
        let output = context.settled(ended)?;
        serde_json::to_string(&output).map_err(|_| {
            JobError::permanent("unwritable-result", "the result cannot be written as JSON")
        })
    })
}
