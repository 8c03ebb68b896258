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
mod tests {
    use super::*;
    use engine::test_kit::{self, Attempt};

    fn rehearsal(outcome: Outcome) -> Rehearsal {
        Rehearsal {
            seconds: 0.01,
            steps: 4,
            outcome,
            attachment: None,
        }
    }

    #[tokio::test]
    async fn it_says_each_step_and_succeeds() {
        let run = test_kit::run(rehearsal(Outcome::Success)).await;
        assert_eq!(
            run.result.unwrap(),
            Rehearsed {
                outcome: Outcome::Success,
                attempt: 1,
                steps: 4,
                resumed_at: 0,
                bytes_read: None,
                padding: String::new(),
            }
        );
        assert_eq!(run.progress.percent, Percent::DONE);
        assert_eq!(
            run.progress.summary.as_deref(),
            Some("rehearsed 4 of 4 steps")
        );
    }

    #[tokio::test]
    async fn it_fails_for_good_when_asked_to() {
        let run = test_kit::run(rehearsal(Outcome::Failure)).await;
        assert!(
            matches!(run.result, Err(JobError::Permanent(failure)) if failure.code() == "rehearsed-failure")
        );
    }

    #[tokio::test]
    async fn its_second_attempt_succeeds_when_the_first_was_asked_to_fail() {
        let first = test_kit::run(rehearsal(Outcome::RetryThenSuccess)).await;
        assert!(matches!(first.result, Err(JobError::Retry { .. })));
        let second = test_kit::run_attempt(rehearsal(Outcome::RetryThenSuccess), 2).await;
        assert_eq!(second.result.unwrap().attempt, 2);
    }

    #[tokio::test]
    async fn an_attempt_goes_on_behind_the_step_that_was_saved() {
        let stopped = Attempt::of(rehearsal(Outcome::Success));
        let stopped = stopped
            .run_until(|progress| progress.percent >= Percent::new(50))
            .await;
        assert_eq!(stopped.saved(), Some(2));

        let next = Attempt::of(rehearsal(Outcome::Success));
        let next = next.number(2).saved(&2).run().await;

        assert_eq!(next.result.unwrap().resumed_at, 2);
        assert_eq!(
            next.progress.summary.as_deref(),
            Some("rehearsed 4 of 4 steps, resumed behind step 2")
        );
    }

    #[tokio::test]
    async fn an_attempt_goes_on_behind_the_part_of_its_attachment_that_was_read() {
        let reading = || Rehearsal {
            attachment: Some(test_kit::attachment("x".repeat(300_000))),
            ..rehearsal(Outcome::Success)
        };
        let whole = test_kit::run(reading()).await.result.unwrap();
        assert_eq!(whole.bytes_read, Some(300_000));
        let rest = Attempt::of(reading()).number(2).saved(&3).run().await;
        assert_eq!(rest.result.unwrap().bytes_read, Some(75_000));
    }

    #[tokio::test]
    async fn a_million_words_about_progress_are_cheap_and_the_last_one_stands() {
        let run = test_kit::run(rehearsal(Outcome::Chatter)).await;
        assert_eq!(run.result.unwrap().outcome, Outcome::Chatter);
        assert_eq!(run.progress.summary.as_deref(), Some("said 1000000 words"));
    }

    #[tokio::test]
    async fn its_large_result_is_more_than_can_be_kept() {
        let run = test_kit::run(rehearsal(Outcome::LargeResult)).await;
        let result = serde_json::to_string(&run.result.unwrap()).unwrap();
        assert!(result.len() > engine::MAX_RESULT_BYTES, "{}", result.len());
    }

    #[tokio::test]
    async fn it_hangs_until_it_is_dropped() {
        let hanging = test_kit::run(rehearsal(Outcome::Hang));
        let waited = tokio::time::timeout(Duration::from_millis(100), hanging).await;
        assert!(waited.is_err());
    }

    #[tokio::test]
    async fn it_snoozes_once_when_asked_to() {
        let first = test_kit::run(rehearsal(Outcome::SnoozeThenSuccess)).await;
        assert!(matches!(first.result, Err(JobError::Snooze { .. })));
        let next = Attempt::of(rehearsal(Outcome::SnoozeThenSuccess)).saved(&4);
        assert_eq!(next.run().await.result.unwrap().resumed_at, 4);
    }

    #[tokio::test]
    async fn it_says_no_percentage_when_asked_not_to() {
        let run = test_kit::run(rehearsal(Outcome::Unmeasured)).await;
        assert_eq!(run.progress.percent, Percent::ZERO);
        assert_eq!(run.result.unwrap().steps, 4);
    }

    #[test]
    fn it_takes_no_more_than_a_function_may() {
        let with = |seconds, steps| {
            Rehearsal {
                seconds,
                steps,
                outcome: Outcome::Success,
                attachment: None,
            }
            .validate()
        };
        assert!(with(900.0, 1_000).is_ok());
        assert_eq!(with(901.0, 1).unwrap_err().pointer, "/seconds");
        assert_eq!(with(f64::NAN, 1).unwrap_err().pointer, "/seconds");
        assert_eq!(with(1.0, 0).unwrap_err().pointer, "/steps");
    }
}
