//! `rehearsal`: takes the given time and ends with the given outcome, for trying clients, alarms and retries.
//!
//! It exists only if the deployment's `OPT_IN_KINDS` names it, because any caller could keep the workers busy with it.

mod bad;
mod leftover;
mod outcome;
mod reading;

use std::time::Duration;

use engine::{Attachment, Context, Invalid, Job, JobError, Percent, RetryPolicy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use outcome::Outcome;
use reading::Reading;

/// Takes `seconds` in `steps`, then ends with `outcome`. Each step is a checkpoint, so the next attempt resumes after it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"seconds": 2, "outcome": "retry-then-success"}))]
pub(crate) struct Rehearsal {
    /// Duration in seconds; may be a fraction.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 900.0))]
    seconds: f64,
    /// Number of steps, each of which reports progress.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 1_000))]
    steps: u32,
    #[serde(default)]
    outcome: Outcome,
    /// What it reads, a part in each step.
    attachment: Option<Attachment>,
}

/// The result.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
pub(crate) struct Rehearsed {
    outcome: Outcome,
    attempt: u32,
    steps: u32,
    /// Number of steps that earlier attempts completed.
    #[serde(skip_serializing_if = "is_zero")]
    resumed_at: u32,
    /// Number of bytes of the attachment that this attempt read.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_read: Option<u64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    padding: String,
}

fn ten() -> u32 {
    10
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_zero(steps: &u32) -> bool {
    *steps == 0
}

impl Job for Rehearsal {
    const NAME: &'static str = "rehearsal";
    const OPT_IN: bool = true;
    /// Somebody is watching, so a retry starts within two seconds.
    const RETRY: RetryPolicy = RetryPolicy {
        base: Duration::from_secs(2),
        cap: Duration::from_secs(2),
    };
    type Output = Rehearsed;

    fn validate(&self) -> Result<(), Invalid> {
        if !(0.0..=900.0).contains(&self.seconds) {
            return Err(Invalid::new("/seconds", "must be from 0 to 900"));
        }
        if !(1..=1_000).contains(&self.steps) {
            return Err(Invalid::new("/steps", "must be from 1 to 1000"));
        }
        Ok(())
    }

    async fn run(self, context: Context) -> Result<Rehearsed, JobError> {
        let resumed_at = context.saved::<u32>().unwrap_or(0);
        let bytes_read = if self.outcome == Outcome::Leftover {
            leftover::run(&context, self.seconds).await?;
            None
        } else {
            self.take_steps(&context, resumed_at).await?
        };
        let rehearsed = self.end(&context, resumed_at).await?;
        Ok(Rehearsed {
            bytes_read,
            ..rehearsed
        })
    }
}

impl Rehearsal {
    /// Returns the number of bytes that it has read, if there is an attachment.
    async fn take_steps(
        &self,
        context: &Context,
        resumed_at: u32,
    ) -> Result<Option<u64>, JobError> {
        let attachment = self.attachment.as_ref();
        let reading = attachment.map(|it| Reading::open(it, context, resumed_at, self.steps));
        let mut reading = reading.transpose()?;
        let step = Duration::from_secs_f64(self.seconds / f64::from(self.steps));
        let resumed = match resumed_at {
            0 => String::new(),
            step => format!(", resumed behind step {step}"),
        };
        for done in resumed_at + 1..=self.steps {
            if self.outcome == Outcome::Block {
                std::thread::sleep(step);
            } else if !step.is_zero() {
                // The timer's shortest sleep is a millisecond, so a step without duration does not use it.
                tokio::time::sleep(step).await;
            }
            if let Some(reading) = &mut reading {
                reading.read_part(done).await?;
            }
            context.save(&done)?;
            let percent = match self.outcome {
                Outcome::Unmeasured => Percent::ZERO,
                _ => Percent::of(u64::from(done), u64::from(self.steps)),
            };
            let summary = format!("rehearsed {done} of {} steps{resumed}", self.steps);
            context.progress(percent, summary);
        }
        Ok(reading.map(|reading| reading.bytes()))
    }

    async fn end(self, context: &Context, resumed_at: u32) -> Result<Rehearsed, JobError> {
        match self.outcome {
            Outcome::RetryThenSuccess if context.attempt() == 1 => {
                return Err(JobError::retry(
                    "rehearsed-retry",
                    "the first attempt was asked to fail",
                ));
            }
            Outcome::SnoozeThenSuccess if resumed_at < self.steps => {
                let wait = Duration::from_secs(2);
                return Err(JobError::snooze(wait, "the job was asked to snooze"));
            }
            Outcome::Failure => {
                return Err(JobError::permanent(
                    "rehearsed-failure",
                    "the job was asked to fail",
                ));
            }
            Outcome::Panic => panic!("the job was asked to panic"),
            Outcome::Exit => std::process::exit(17),
            Outcome::Spin => bad::spin(),
            Outcome::Hang => std::future::pending().await,
            Outcome::Memory => bad::take_memory().await,
            Outcome::Chatter => bad::chatter(context),
            Outcome::Success
            | Outcome::RetryThenSuccess
            | Outcome::SnoozeThenSuccess
            | Outcome::Unmeasured
            | Outcome::Block
            | Outcome::Leftover
            | Outcome::LargeResult => {}
        }
        let padding = if self.outcome == Outcome::LargeResult {
            bad::padding()
        } else {
            String::new()
        };
        Ok(Rehearsed {
            outcome: self.outcome,
            attempt: context.attempt(),
            steps: self.steps,
            resumed_at,
            bytes_read: None,
            padding,
        })
    }
}

#[cfg(test)]
mod tests;
