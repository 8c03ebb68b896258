//! The figures of one load: what its clients saw, and what the jobs' documents say once all have finished.

use engine::Timestamp;
use hdrhistogram::Histogram;
use serde::Serialize;

use super::load::{Submit, millis};
use crate::load_client::Answer;

/// The figures of one load.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Measured {
    /// The load, in words.
    pub(super) load: String,
    /// How many finished jobs the table had been filled with before.
    pub(super) finished: u32,
    pub(super) submitted: usize,
    /// Submits that were not answered with 202.
    pub(super) refused: usize,
    pub(super) succeeded: usize,
    pub(super) failed: usize,
    /// Accepted, but not finished.
    pub(super) lost: usize,
    /// From the first submit to the last job's end.
    pub(super) seconds: f64,
    /// Successful jobs in these seconds.
    pub(super) jobs_per_second: f64,
    /// Accepted jobs in the time from the first submit to the last answer.
    pub(super) accepted_per_second: f64,
    /// From when a submit was due to its answer.
    pub(super) submit_ms: Latency,
    /// From when a job was accepted to its claim.
    pub(super) queue_delay_ms: Latency,
    /// From when its submit was due to the job's end.
    pub(super) end_to_end_ms: Latency,
}

/// Percentiles in milliseconds, to three digits; 0 if nothing was measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Latency {
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

impl Latency {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "microseconds of a run are positive and far below 2^52"
    )]
    fn of(millis: impl Iterator<Item = f64>) -> Self {
        // It grows as needed; three digits are always valid.
        let Ok(mut microseconds) = Histogram::<u64>::new(3) else {
            return Self::default();
        };
        for each in millis {
            microseconds += (each.max(0.0) * 1_000.0) as u64;
        }
        let at = |quantile| microseconds.value_at_quantile(quantile) as f64 / 1_000.0;
        Self {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            max: at(1.0),
        }
    }
}

/// A finished job's times in milliseconds since the epoch.
#[derive(Clone, Copy)]
struct Finished {
    accepted_ms: f64,
    /// The start of its attempt; a job that failed before any has none.
    claimed_ms: Option<f64>,
    ended_ms: f64,
    is_success: bool,
}

impl Finished {
    /// Reads the answer of a status URI.
    fn of(answer: &Answer) -> Option<Self> {
        let ms = |member| {
            let time = Timestamp::parse_rfc3339(answer.job(member))?;
            #[expect(clippy::cast_precision_loss, reason = "a time of this century")]
            Some(time.ms() as f64)
        };
        Some(Self {
            accepted_ms: ms("scheduled-start-time")?,
            claimed_ms: ms("start-time"),
            ended_ms: ms("end-time")?,
            is_success: answer.job("job-status") == "SUCCESS",
        })
    }
}

impl Measured {
    /// `documents` are the last answers of the status URIs, in the order of the submits that were accepted.
    pub(super) fn of(
        load: String,
        finished: u32,
        submits: &[Submit],
        documents: &[Answer],
    ) -> Self {
        let accepted = submits.iter().filter(|submit| submit.uri.is_some());
        let jobs: Vec<_> = accepted
            .zip(documents)
            .filter_map(|(submit, document)| Some((submit, Finished::of(document)?)))
            .collect();
        let succeeded = jobs.iter().filter(|(_, job)| job.is_success).count();
        let first = submits.iter().map(|submit| submit.due_ms);
        let first = first.fold(f64::INFINITY, f64::min);
        let answers = submits.iter().map(|one| one.due_ms + millis(one.took));
        let answered_ms = answers.fold(f64::NEG_INFINITY, f64::max) - first;
        let last = jobs.iter().map(|(_, job)| job.ended_ms);
        let span_ms = last.fold(f64::NEG_INFINITY, f64::max) - first;
        let seconds = (span_ms / 1_000.0).max(0.0);
        Self {
            load,
            finished,
            submitted: submits.len(),
            refused: submits.len() - documents.len(),
            succeeded,
            failed: jobs.len() - succeeded,
            lost: documents.len() - jobs.len(),
            seconds,
            jobs_per_second: per_second(succeeded, seconds),
            accepted_per_second: per_second(documents.len(), answered_ms / 1_000.0),
            submit_ms: Latency::of(submits.iter().map(|submit| millis(submit.took))),
            queue_delay_ms: Latency::of(
                jobs.iter()
                    .filter_map(|(_, job)| Some(job.claimed_ms? - job.accepted_ms)),
            ),
            end_to_end_ms: Latency::of(
                jobs.iter()
                    .map(|(submit, job)| job.ended_ms - submit.due_ms),
            ),
        }
    }

    /// Whether every job succeeded, and there was one.
    pub(super) fn is_good(&self) -> bool {
        self.succeeded > 0 && self.succeeded == self.submitted
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a number of jobs is far below 2^52"
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

    use serde_json::json;

    use super::*;

    fn submit(due_ms: f64, took_ms: u64, is_accepted: bool) -> Submit {
        Submit {
            due_ms,
            took: Duration::from_millis(took_ms),
            uri: is_accepted.then(String::new),
        }
    }

    /// A document with accepted, claimed and ended times within one second of 1970.
    fn document(times: [Option<u32>; 3], status: &str) -> Answer {
        let [accepted, claimed, ended] =
            times.map(|ms| ms.map(|ms| format!("1970-01-01T00:00:01.{ms:03}Z")));
        Answer {
            status: 200,
            location: None,
            is_replay: false,
            body: json!({"job": {
                "scheduled-start-time": accepted, "start-time": claimed, "end-time": ended,
                "job-status": status,
            }}),
        }
    }

    #[test]
    fn each_submit_is_counted_once_and_times_count_from_when_it_was_due() {
        let submits = [
            submit(1_000.0, 4, true),
            submit(1_200.0, 6, true),
            submit(1_300.0, 8, true),
            submit(1_400.0, 9, false),
        ];
        let documents = [
            document([Some(1), Some(11), Some(21)], "SUCCESS"),
            document([Some(201), Some(203), Some(500)], "FAILED"),
            document([Some(301), None, None], "UNDETERMINED"),
        ];

        let measured = Measured::of(String::new(), 0, &submits, &documents);

        assert_eq!((measured.submitted, measured.refused), (4, 1));
        assert_eq!(
            (measured.succeeded, measured.failed, measured.lost),
            (1, 1, 1)
        );
        assert_eq!((measured.seconds, measured.jobs_per_second), (0.5, 2.0));
        // Three in the 409 ms until the last one was answered.
        assert_eq!(format!("{:.2}", measured.accepted_per_second), "7.33");
        let medians = [
            measured.submit_ms,
            measured.queue_delay_ms,
            measured.end_to_end_ms,
        ];
        let written = |millis: f64| format!("{millis:.0}");
        assert_eq!(medians.map(|of| written(of.p50)), ["6", "2", "21"]);
        assert_eq!(medians.map(|of| written(of.max)), ["9", "10", "300"]);
        assert!(!measured.is_good());
    }

    #[test]
    fn nothing_submitted_is_not_good() {
        let measured = Measured::of(String::new(), 0, &[], &[]);
        assert_eq!(measured, Measured::default());
        assert!(!measured.is_good());
    }
}
