//! One round: both loads, and what came of each.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::args::BenchArgs;
use super::latency::Latency;
use super::load::{self, Answered, Submit};
use super::outcome::{Outcome, outcomes};
use super::schedule::Schedule;
use super::show::Show;
use crate::backends::{QUEUE, dynamodb_client};
use crate::load_client::Client;
use crate::queue_depth::QueueDepth;
use crate::service::Service;

/// What every load needs.
pub(super) struct Bench<'a> {
    client: &'a Client,
    args: &'a BenchArgs,
    queue: Arc<QueueDepth>,
    table: aws_sdk_dynamodb::Client,
}

/// What came of both loads.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Round {
    /// How many finished jobs the table had been filled with before.
    pub(super) finished: u32,
    pub(super) saturation: Measured,
    pub(super) half_load: Measured,
}

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

/// Enough for every process that the loads need to have been started, and to have connected.
const WARM_UP_JOBS: u64 = 500;
const WARM_UP: Duration = Duration::from_secs(20);

const LOOK_EVERY: Duration = Duration::from_millis(100);

/// A queue that has not become shorter for so long has stopped.
const PATIENCE: Duration = Duration::from_secs(30);

impl<'a> Bench<'a> {
    pub(super) fn new(service: &Service, client: &'a Client, args: &'a BenchArgs) -> Self {
        Self {
            client,
            args,
            queue: Arc::new(QueueDepth::of(service, QUEUE)),
            table: dynamodb_client(&service.dynamodb_url),
        }
    }

    /// Starts the processes, which is not what is measured.
    pub(super) async fn warm_up(&self) -> Result<(), Box<dyn Error>> {
        let clients = self.args.clients;
        let jobs = WARM_UP_JOBS.min(self.args.jobs.unwrap_or(u32::MAX).into());
        self.measure("warming up", jobs, async |answered| {
            load::closed(self.client, clients, WARM_UP, jobs, &answered).await
        })
        .await
        .map(drop)
    }

    /// Both loads; the second at `rate`, or half of what the first one came to.
    pub(super) async fn round(
        &self,
        finished: u32,
        rate: Option<u32>,
    ) -> Result<Round, Box<dyn Error>> {
        let (clients, span) = (self.args.clients, self.args.span());
        let jobs = self.args.jobs.map_or(u64::MAX, u64::from);
        let title = format!("{clients} clients");
        let saturation = self
            .measure(
                &title,
                self.args.jobs.unwrap_or(0).into(),
                async |answered| load::closed(self.client, clients, span, jobs, &answered).await,
            )
            .await?;
        let rate = rate.unwrap_or_else(|| half(saturation.jobs_per_second));
        let schedule = Schedule::new(rate, span, self.args.jobs);
        let title = format!("{rate} jobs a second");
        let half_load = self
            .measure(&title, schedule.jobs(), async |answered| {
                load::open(self.client, schedule, &answered).await
            })
            .await?;
        Ok(Round {
            finished,
            saturation,
            half_load: Measured {
                rate: Some(rate),
                ..half_load
            },
        })
    }

    /// Applies a load, waits for its last job's end, and reads what the records say.
    async fn measure(
        &self,
        title: &str,
        jobs: u64,
        load: impl AsyncFnOnce(Answered) -> Vec<Submit>,
    ) -> Result<Measured, Box<dyn Error>> {
        let answered = Arc::new(AtomicU64::new(0));
        let show = Show::start(title, jobs, answered.clone(), self.queue.clone());
        let submits = load(answered).await;
        self.drain().await;
        let ids = submits.iter().filter_map(|submit| submit.id.as_deref());
        let outcomes = outcomes(&self.table, ids).await?;
        let measured = Measured::of(&submits, |id| outcomes.get(id));
        show.end(&measured);
        Ok(measured)
    }

    /// Waits until the queue is empty, or does not become shorter.
    async fn drain(&self) {
        let (mut least, mut moved) = (u64::MAX, Instant::now());
        while least > 0 && moved.elapsed() < PATIENCE {
            let messages = self.queue.messages().await;
            if messages < least {
                (least, moved) = (messages, Instant::now());
            }
            sleep(LOOK_EVERY).await;
        }
    }
}

impl Measured {
    /// Sets what the clients saw beside what the records say.
    fn of<'o>(submits: &[Submit], outcome: impl Fn(&str) -> Option<&'o Outcome>) -> Self {
        let accepted = submits
            .iter()
            .filter_map(|submit| Some((submit, submit.id.as_deref()?)));
        let accepted: Vec<_> = accepted.map(|(submit, id)| (submit, outcome(id))).collect();
        let ended: Vec<_> = accepted
            .iter()
            .filter_map(|(submit, outcome)| Some((*submit, (*outcome)?)))
            .collect();
        let succeeded = ended
            .iter()
            .filter(|(_, outcome)| outcome.is_success)
            .count();
        let first = submits
            .iter()
            .map(|submit| submit.due_ms)
            .fold(f64::INFINITY, f64::min);
        let last = ended
            .iter()
            .map(|(_, outcome)| outcome.ended_ms)
            .fold(first, f64::max);
        let seconds = if submits.is_empty() {
            0.0
        } else {
            (last - first) / 1_000.0
        };
        Self {
            rate: None,
            submitted: submits.len(),
            refused: submits.len() - accepted.len(),
            succeeded,
            failed: ended.len() - succeeded,
            lost: accepted.len() - ended.len(),
            seconds,
            jobs_per_second: per_second(succeeded, seconds),
            submit_ms: Latency::of(
                submits
                    .iter()
                    .map(|submit| submit.took.as_secs_f64() * 1_000.0)
                    .collect(),
            ),
            queue_delay_ms: Latency::of(
                ended
                    .iter()
                    .map(|(_, outcome)| outcome.claimed_ms - outcome.accepted_ms)
                    .collect(),
            ),
            end_to_end_ms: Latency::of(
                ended
                    .iter()
                    .map(|(submit, outcome)| outcome.ended_ms - submit.due_ms)
                    .collect(),
            ),
        }
    }

    /// Whether every job came to a good end, and there was one.
    pub(super) fn is_good(&self) -> bool {
        self.succeeded > 0 && self.succeeded == self.submitted
    }
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

/// Half of a rate, in whole jobs a second; at least one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is positive, and saturates"
)]
fn half(jobs_per_second: f64) -> u32 {
    ((jobs_per_second / 2.0).round() as u32).max(1)
}

#[cfg(test)]
mod tests {
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

    #[test]
    fn half_of_a_rate_is_never_nothing() {
        assert_eq!([0.0, 0.9, 3.0, 1_001.0].map(half), [1, 1, 2, 501]);
    }
}
