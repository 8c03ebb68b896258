//! Flags of `bench`.

use std::time::Duration;

use clap::Args;
use local::{LogSink, ServiceOptions};

/// Flags of `bench`.
#[derive(Args, Clone, Debug)]
pub(crate) struct BenchArgs {
    /// Duration of each load
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    seconds: u64,
    /// End each load after N jobs, if that comes first
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(super) jobs: Option<u32>,
    /// Concurrent clients of the first load; each submits its next job as soon as it is answered
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(super) clients: u16,
    /// Only submit N jobs per second [default: both loads, the second with half the rate that the first reached]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) rate: Option<u32>,
    /// Repeat the first load with batches of N jobs
    #[arg(long, value_name = "N", conflicts_with = "rate", value_parser = clap::value_parser!(u8).range(2..=100))]
    pub(super) batch: Option<u8>,
    /// Then fill the table with N finished jobs and repeat the loads
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=20_000_000))]
    pub(super) finished: u32,
    /// Then let N webhooks wait for a receiver that takes 15 s for each, and repeat the loads
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=100_000))]
    pub(super) slow_webhooks: u32,
    /// Maximum number of concurrent worker processes
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(2..=100))]
    concurrency: u16,
    /// Maximum number of messages per batch
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=10))]
    batch_size: u8,
    /// URL of a running service to measure, instead of one that is started for it
    #[arg(long, value_name = "URL", conflicts_with_all = ["finished", "slow_webhooks", "concurrency", "batch_size", "verbose"])]
    pub(super) url: Option<String>,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Show the functions' logs
    #[arg(long)]
    verbose: bool,
}

impl BenchArgs {
    /// The defaults of `serve`, on a free port and without a data folder.
    pub(super) fn options(&self) -> ServiceOptions {
        ServiceOptions {
            callbacks_to_loopback: self.slow_webhooks > 0,
            concurrency: usize::from(self.concurrency),
            batch_size: self.batch_size,
            logs: if self.verbose {
                LogSink::stderr()
            } else {
                LogSink::nowhere()
            },
            ..ServiceOptions::default()
        }
    }

    pub(super) fn span(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}
