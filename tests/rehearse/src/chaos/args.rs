//! Flags of `chaos`.

use std::sync::OnceLock;
use std::time::Duration;

use clap::Args;

use crate::fault_args::{HELD_BACK, per_mille, random_seed, rates};
use crate::faults::Rates;
use local::{LogSink, ServiceOptions};

/// Flags of `chaos`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ChaosArgs {
    /// How many jobs
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) jobs: u32,
    /// What jobs, faults and kills are drawn from [default: another one each time]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Spread the submissions over so much time; without it a client submits its next job when it is done with the last
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(super) seconds: u64,
    /// Clients at once
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(super) clients: u16,
    /// Worker processes at once
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(2..=100))]
    concurrency: u16,
    /// Mean time between two kills; 0 kills nobody
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 1_500)]
    kill_every: u64,
    /// Of a hundred calls to DynamoDB and SQS, how many are throttled, broken, reset, delayed or not answered; of a hundred
    /// writes to the table three times as many
    #[arg(long, value_name = "PERCENT", default_value = "3", value_parser = per_mille)]
    faults: u32,
    /// Of a hundred deliveries of messages, how many come twice or late
    #[arg(long, value_name = "PERCENT", default_value = "5", value_parser = per_mille)]
    redeliveries: u32,
    /// How long a worker may take before it is killed; a lease is two seconds longer
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(3..=120))]
    worker_timeout: u64,
    /// How long to wait for the last jobs before they count as stuck
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    patience: u64,
    /// Don't wait until the queue is empty: messages that a failed submit left behind are kept until no record can come any more
    #[arg(long)]
    pub(super) no_drain: bool,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Show what the functions and the service log
    #[arg(long)]
    pub(crate) verbose: bool,
}

impl ChaosArgs {
    pub(super) fn seed(&self) -> u64 {
        static DRAWN: OnceLock<u64> = OnceLock::new();
        self.seed.unwrap_or_else(|| *DRAWN.get_or_init(random_seed))
    }

    pub(super) fn kill_every(&self) -> Duration {
        Duration::from_millis(self.kill_every)
    }

    pub(super) fn patience(&self) -> Duration {
        Duration::from_secs(self.patience)
    }

    fn worker_timeout(&self) -> Duration {
        Duration::from_secs(self.worker_timeout)
    }

    /// The latest effects come when another attempt can have begun: a lease is over two seconds after its worker's time.
    fn write_horizon(&self) -> Duration {
        self.worker_timeout() + HELD_BACK + Duration::from_secs(5)
    }

    pub(super) fn rates(&self) -> Rates {
        rates(self.faults, self.redeliveries, self.write_horizon())
    }

    pub(super) fn options(&self) -> ServiceOptions {
        let worker_timeout = self.worker_timeout();
        ServiceOptions {
            // Nothing expires during the run: what is missing at its end was lost.
            retention: Duration::from_secs(86_400),
            // Shorter than in the cloud, so that the run sees what comes of a deadline.
            write_horizon: self.write_horizon(),
            concurrency: usize::from(self.concurrency),
            worker_timeout,
            visibility: worker_timeout + Duration::from_secs(1),
            sweep_every: Duration::from_secs(60),
            logs: if self.verbose {
                LogSink::stderr()
            } else {
                LogSink::nowhere()
            },
            ..ServiceOptions::default()
        }
    }
}
