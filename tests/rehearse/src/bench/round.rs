//! One round: both loads, and what came of each.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, sleep};

use super::args::BenchArgs;
use super::load::{self, Answered, Submit};
use super::measured::Measured;
use super::outcome::outcomes;
use super::schedule::Schedule;
use super::show::Show;
use crate::load_client::Client;
use crate::queue_depth::QueueDepth;
use local::{HTTP_PROCESSES, QUEUE, Service, dynamodb_client};

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
            table: dynamodb_client(&service.backends.dynamodb_url),
        }
    }

    /// Starts all the processes that there can be, which is not what is measured: a load that does not wait would have them
    /// started in its midst, each at the cost of those that are at work.
    pub(super) async fn warm_up(&self) -> Result<(), Box<dyn Error>> {
        let clients = HTTP_PROCESSES.max(self.args.clients.into());
        let jobs = WARM_UP_JOBS.min(self.args.jobs.unwrap_or(u32::MAX).into());
        self.measure("warming up", jobs, async |answered| {
            load::closed(self.client, clients, WARM_UP, jobs, &answered).await
        })
        .await?
        .is_good()
        .then_some(())
        .ok_or_else(|| "the jobs of the warm-up did not all succeed: `--verbose` shows why".into())
    }

    /// Both loads; the second at `rate`, or half of what the first one came to.
    pub(super) async fn round(
        &self,
        finished: u32,
        rate: Option<u32>,
    ) -> Result<Round, Box<dyn Error>> {
        let (clients, span) = (usize::from(self.args.clients), self.args.span());
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

    #[test]
    fn half_of_a_rate_is_never_nothing() {
        assert_eq!([0.0, 0.9, 3.0, 1_001.0].map(half), [1, 1, 2, 501]);
    }
}
