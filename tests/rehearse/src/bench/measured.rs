//! What came of one load: what its clients saw, beside what the records say.

use serde::Serialize;

use super::latency::Latency;
use super::load::Submit;
use super::outcome::Outcome;

/// What came of one load.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Measured {
    /// Jobs a second that were to arrive; nothing when the clients waited for their answers.
    pub(super) rate: Option<u32>,
    pub(super) submitted: usize,
    /// Answered by something else than a 202.
    pub(super) refused: usize,
    pub(super) succeeded: usize,
    pub(super) failed: usize,
    /// Accepted, and not at an end when nothing moved any more.
    pub(super) lost: usize,
    /// From the first submit to the last job's end.
    pub(super) seconds: f64,
    /// Those that succeeded, by those seconds.
    pub(super) jobs_per_second: f64,
    /// From when a submit was due to its answer.
    pub(super) submit_ms: Latency,
    /// From the time at which a job was accepted to its claim, as its record has both.
    pub(super) queue_delay_ms: Latency,
    /// From when its submit was due to its end.
    pub(super) end_to_end_ms: Latency,
}

/// An accepted job: its submit, and its outcome once it has one.
type Job<'a> = (&'a Submit, &'a Outcome);

impl Measured {
    /// Sets what the clients saw beside what the records say.
    pub(super) fn of<'o>(
        submits: &'o [Submit],
        outcome: impl Fn(&str) -> Option<&'o Outcome>,
    ) -> Self {
        let ids = submits.iter().filter_map(|submit| submit.id.as_deref());
        let accepted = ids.count();
        let outcome_of = |submit: &Submit| outcome(submit.id.as_deref()?);
        let ended = submits
            .iter()
            .filter_map(|submit| Some((submit, outcome_of(submit)?)));
        let ended: Vec<Job<'_>> = ended.collect();
        let succeeded = ended
            .iter()
            .filter(|(_, outcome)| outcome.is_success)
            .count();
        let seconds = seconds(submits, &ended);
        let latency = |of: fn(&Job<'_>) -> f64| Latency::of(ended.iter().map(of).collect());
        let took = submits
            .iter()
            .map(|submit| submit.took.as_secs_f64() * 1_000.0);
        Self {
            rate: None,
            submitted: submits.len(),
            refused: submits.len() - accepted,
            succeeded,
            failed: ended.len() - succeeded,
            lost: accepted - ended.len(),
            seconds,
            jobs_per_second: per_second(succeeded, seconds),
            submit_ms: Latency::of(took.collect()),
            queue_delay_ms: latency(|(_, outcome)| outcome.claimed_ms - outcome.accepted_ms),
            end_to_end_ms: latency(|(submit, outcome)| outcome.ended_ms - submit.due_ms),
        }
    }

    /// Whether every job came to a good end, and there was one.
    pub(super) fn is_good(&self) -> bool {
        self.succeeded > 0 && self.succeeded == self.submitted
    }
}

/// From when the first submit was due to the last end; 0 without one.
fn seconds(submits: &[Submit], ended: &[Job<'_>]) -> f64 {
    let dues = submits.iter().map(|submit| submit.due_ms);
    let ends = ended.iter().map(|(_, outcome)| outcome.ended_ms);
    let first = dues.fold(f64::INFINITY, f64::min);
    let last = ends.fold(f64::NEG_INFINITY, f64::max);
    ((last - first) / 1_000.0).max(0.0)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "nobody submits as many jobs as a float cannot count"
)]
fn per_second(jobs: usize, seconds: f64) -> f64 {
    if seconds > 0.0 {
        jobs as f64 / seconds
    } else {
        0.0
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn submit(due_ms: f64, took_ms: u64, id: Option<&str>) -> Submit {
        Submit {
            due_ms,
            took: Duration::from_millis(took_ms),
            id: id.map(str::to_owned),
        }
    }

    fn outcome(accepted_ms: f64, claimed_ms: f64, ended_ms: f64, is_success: bool) -> Outcome {
        Outcome {
            accepted_ms,
            claimed_ms,
            ended_ms,
            is_success,
        }
    }

    #[test]
    fn each_submit_is_counted_once_and_times_count_from_when_it_was_due() {
        let submits = [
            submit(1_000.0, 4, Some("good")),
            submit(2_000.0, 6, Some("bad")),
            submit(3_000.0, 8, Some("lost")),
            submit(4_000.0, 9, None),
        ];
        let (good, bad) = (
            outcome(1_001.0, 1_011.0, 1_021.0, true),
            outcome(2_001.0, 2_003.0, 3_000.0, false),
        );
        let measured = Measured::of(&submits, |id| match id {
            "good" => Some(&good),
            "bad" => Some(&bad),
            _ => None,
        });

        assert_eq!((measured.submitted, measured.refused), (4, 1));
        assert_eq!(
            (measured.succeeded, measured.failed, measured.lost),
            (1, 1, 1)
        );
        assert_eq!((measured.seconds, measured.jobs_per_second), (2.0, 0.5));
        assert_eq!((measured.submit_ms.p50, measured.submit_ms.max), (6.0, 9.0));
        assert_eq!(
            (measured.queue_delay_ms.p50, measured.queue_delay_ms.max),
            (2.0, 10.0)
        );
        assert_eq!(
            (measured.end_to_end_ms.p50, measured.end_to_end_ms.max),
            (21.0, 1_000.0)
        );
        assert!(!measured.is_good());
    }

    #[test]
    fn nothing_submitted_is_nothing_good() {
        let measured = Measured::of(&[], |_| None);
        assert_eq!(measured, Measured::default());
        assert!(!measured.is_good());
    }
}
