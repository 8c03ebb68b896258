//! Flags of `chaos`.

use std::time::Duration;

use clap::Args;

use crate::fault_args::{FaultArgs, HELD_BACK};
use crate::faults::Rates;
use local::{LogSink, ServiceOptions};

/// Flags of `chaos`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ChaosArgs {
    /// Number of jobs
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) jobs: u32,
    #[command(flatten)]
    faults: FaultArgs,
    /// Spread the submissions over this time; without it, a client submits its next job when it is done with the last
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(super) seconds: u64,
    /// Number of concurrent clients
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u16).range(1..=100))]
    pub(super) clients: u16,
    /// Maximum number of concurrent worker processes
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u16).range(2..=100))]
    concurrency: u16,
    /// Mean time between two kills of a process; 0 kills none
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 1_500)]
    kill_every: u64,
    /// Time limit of a worker invocation; a lease is two seconds longer
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(3..=120))]
    worker_timeout: u64,
    /// Time to wait for the last jobs before they count as stuck
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    patience: u64,
    /// Do not wait until the queue is empty; it keeps messages of failed submits until no record can be written any more
    #[arg(long)]
    pub(super) no_drain: bool,
    /// Show the logs of the service and its functions
    #[arg(long)]
    pub(crate) verbose: bool,
}

impl ChaosArgs {
    pub(super) fn seed(&self) -> u64 {
        self.faults.seed()
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
        self.faults.rates(self.write_horizon())
    }

    pub(super) fn options(&self) -> ServiceOptions {
        ServiceOptions {
            // Nothing expires during the run: a record that is missing at the end was lost.
            retention: Duration::from_secs(86_400),
            // Shorter than in the cloud, so that the run includes deadlines.
            write_horizon: Some(self.write_horizon()),
            callbacks_to_loopback: true,
            concurrency: usize::from(self.concurrency),
            worker_timeout: self.worker_timeout(),
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
