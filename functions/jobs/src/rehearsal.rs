//! `rehearsal`: takes the given time and ends with the given outcome, for trying clients, alarms and retries.
//!
//! It exists only if the deployment's `OPT_IN_KINDS` names it, because any caller could keep the workers busy with it.

mod bad;
mod leftover;
mod reading;

use std::time::Duration;

use engine::{Attachment, Context, Job, JobError, Percent, RetryPolicy};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use reading::Reading;

/// Takes `seconds` in `steps`, then ends with `outcome`. Each step is a checkpoint, so the next attempt resumes after it. What takes longer
/// than an invocation continues in the next slice, in the middle of a step.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(example = serde_json::json!({"seconds": 2, "outcome": "retry-then-success"}))]
pub(crate) struct Rehearsal {
    /// Duration in seconds; may be a fraction.
    #[serde(default)]
    // About 14 days, the longest deadline of a job.
    #[schemars(range(min = 0.0, max = 1_209_000.0))]
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
    /// Number of steps that earlier attempts and slices completed.
    #[serde(skip_serializing_if = "is_zero")]
    resumed_at: u32,
    /// Number of bytes of the attachment that this attempt read.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_read: Option<u64>,
    #[serde(skip_serializing_if = "String::is_empty")]
    padding: String,
}

/// How a rehearsal ends.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "RehearsalOutcome")]
enum Outcome {
    /// With a result.
    #[default]
    Success,
    /// With a permanent error.
    Failure,
    /// The first attempt with an error, the second one with a result.
    RetryThenSuccess,
    /// With a result, after one snooze of two seconds.
    SnoozeThenSuccess,
    /// With a result. Each step is a slice of its own.
    Slices,
    /// With a result, but it never reports a percentage, like a kind that does not know the total.
    Unmeasured,
    /// With a panic.
    Panic,
    /// The process dies.
    Exit,
    /// Never: it computes without end, and neither awaits nor checks whether it must stop.
    Spin,
    /// Never: it waits for an event that never occurs.
    Hang,
    /// Never: after its last step, it ends one slice after another.
    Stuck,
    /// With a result, but its steps block their thread.
    Block,
    /// The first attempt with an error, while one of its threads continues for `seconds`; the second one with a result, or with
    /// a permanent error if that thread still runs.
    Leftover,
    /// With a result, if the function has the gibibyte of memory that it takes.
    Memory,
    /// With a result, after a million progress reports.
    Chatter,
    /// With a result that is too large for the table.
    LargeResult,
}

/// Time that a slice leaves for its end.
const SPARE: Duration = Duration::from_millis(500);

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

    async fn run(self, context: Context) -> Result<Rehearsed, JobError> {
        let place = context.saved::<Place>().unwrap_or_default();
        let resumed_at = place.done();
        let bytes_read = if self.outcome == Outcome::Leftover {
            leftover::run(&context, self.seconds).await?;
            None
        } else {
            self.take_steps(&context, place).await?
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
    async fn take_steps(&self, context: &Context, place: Place) -> Result<Option<u64>, JobError> {
        let resumed_at = place.done();
        let attachment = self.attachment.as_ref();
        let reading = attachment.map(|it| Reading::open(it, context, resumed_at, self.steps));
        let mut reading = reading.transpose()?;
        let step = Duration::from_secs_f64(self.seconds / f64::from(self.steps));
        let mut begun = place.of_next_step();
        let resumed = match resumed_at {
            0 => String::new(),
            step => format!(", resumed after step {step}"),
        };
        for done in resumed_at + 1..=self.steps {
            let rest = step.saturating_sub(std::mem::take(&mut begun));
            self.take_time(context, done - 1, step, rest).await?;
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
            if self.outcome == Outcome::Slices && done < self.steps {
                return Err(JobError::next_slice());
            }
        }
        Ok(reading.map(|reading| reading.bytes()))
    }

    /// Takes the `rest` of the step after `done` steps, or as much of it as this slice has time for.
    async fn take_time(
        &self,
        context: &Context,
        done: u32,
        step: Duration,
        rest: Duration,
    ) -> Result<(), JobError> {
        if self.outcome == Outcome::Block {
            std::thread::sleep(rest);
            return Ok(());
        }
        let time_left = context.time_left();
        // A last step that fits into the time left ends the job, so no time is reserved for ending a slice.
        let is_last = done + 1 == self.steps && rest <= time_left;
        let spare = if is_last { Duration::ZERO } else { SPARE };
        let now = rest.min(time_left.saturating_sub(spare));
        if !now.is_zero() {
            // The timer's shortest sleep is a millisecond, so a step without duration does not use it.
            tokio::time::sleep(now).await;
        }
        let left = rest.saturating_sub(now);
        if !left.is_zero() {
            context.save(&Place::within(done, step.saturating_sub(left)))?;
            return Err(JobError::next_slice());
        }
        Ok(())
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
            Outcome::Stuck => return Err(JobError::next_slice()),
            Outcome::Panic => panic!("the job was asked to panic"),
            Outcome::Exit => std::process::exit(17),
            Outcome::Spin => bad::spin(),
            Outcome::Hang => std::future::pending().await,
            Outcome::Memory => bad::take_memory().await,
            Outcome::Chatter => bad::chatter(context),
            Outcome::Success
            | Outcome::RetryThenSuccess
            | Outcome::SnoozeThenSuccess
            | Outcome::Slices
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

/// The checkpoint of a rehearsal.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
enum Place {
    /// After this step.
    Behind(u32),
    /// After this step, with this many seconds of the next one taken: the end of a slice.
    Within(u32, f64),
}

impl Default for Place {
    fn default() -> Self {
        Self::Behind(0)
    }
}

impl Place {
    /// After `done` steps, with `taken` of the next one.
    fn within(done: u32, taken: Duration) -> Self {
        Self::Within(done, taken.as_secs_f64())
    }

    /// Number of steps that are complete.
    fn done(&self) -> u32 {
        match *self {
            Self::Behind(done) | Self::Within(done, _) => done,
        }
    }

    /// How much of the next step is taken.
    fn of_next_step(&self) -> Duration {
        match *self {
            Self::Behind(_) => Duration::ZERO,
            Self::Within(_, seconds) => Duration::try_from_secs_f64(seconds).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests;
