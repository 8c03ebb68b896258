//! Flags of `bench`.

use std::time::Duration;

use clap::Args;

use local::{LogSink, ServiceOptions};

/// Flags of `bench`.
#[derive(Args, Clone, Debug)]
pub(crate) struct BenchArgs {
    /// How long each load lasts
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u64).range(1..=3_600))]
    pub(super) seconds: u64,
    /// End a load sooner, after so many jobs
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(super) jobs: Option<u32>,
    /// Clients that submit at once, each as soon as it is answered, to see what the service bears
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub(super) clients: u16,
    /// Jobs a second of the second load [default: half of what the first one came to]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) rate: Option<u32>,
    /// Then fill the table with so many finished jobs, and measure again
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=20_000_000))]
    pub(super) finished: u32,
    /// Worker processes at once
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u16).range(2..=100))]
    pub(super) concurrency: u16,
    /// Messages that a worker gets at once
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u8).range(1..=10))]
    pub(super) batch_size: u8,
    /// What the finished jobs are drawn from
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(super) seed: u64,
    /// Report as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Show what the functions log
    #[arg(long)]
    verbose: bool,
}

impl BenchArgs {
    /// As `serve` has them, on a free port and with data of its own.
    pub(super) fn options(&self) -> ServiceOptions {
        ServiceOptions {
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
