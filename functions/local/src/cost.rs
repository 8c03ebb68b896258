//! `cost`: what a million jobs cost, what a deployment can tune, and how far one stack goes.
//!
//! Computed from three things: what each call takes, which tests count at the wire ([`COUNTED`]); prices, which are data with
//! their sources; and durations, of which only the functions' CPU can be measured here (`--measure`) and the rest is assumed and
//! can be given. Free tiers, data transfer, storage and taxes are left out.

mod assumptions;
mod counted;
mod heat;
mod job;
mod limits;
mod measure;
mod others;
mod prices;
mod report;
mod tunables;
mod units;
mod usage;

use std::process::ExitCode;

use clap::{Args, ValueEnum};

pub use counted::{COUNTED, Counted, LOG_BYTES, LogBytes, RECORD_BYTES, What, per_batch};
pub use limits::TEMPLATE_DEFAULTS;
pub use units::Units;

use crate::conclusion::failed;

use assumptions::Assumptions;
use prices::Prices;
use report::Report;

/// What `cost` shows.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Section {
    /// A million jobs, next to other services
    Jobs,
    /// What can be tuned, with the effect of each
    Tune,
    /// What limits one stack, and at how many jobs a second
    Limits,
    /// The prices and where they come from
    Prices,
}

/// Flags of `cost`.
#[derive(Args, Clone, Debug)]
pub(crate) struct CostArgs {
    #[command(flatten)]
    assumed: Assumptions,
    /// What to show
    #[arg(value_enum, default_value_t = Section::Jobs)]
    show: Section,
    /// Measure the functions' CPU with so many jobs on this machine first, and compute with it (on Linux; a release build)
    #[arg(long, value_name = "JOBS", num_args = 0..=1, default_missing_value = "2000")]
    measure: Option<u32>,
    /// Report everything as JSON
    #[arg(long)]
    json: bool,
}

/// Prints what was asked for.
pub(crate) async fn cost(mut args: CostArgs) -> ExitCode {
    let prices = match Prices::load() {
        Ok(prices) => prices,
        Err(error) => return failed(format!("the prices cannot be read: {error}")),
    };
    if let Some(jobs) = args.measure {
        match measure::cpu_ms(jobs).await {
            Ok(measured) => {
                eprintln!("CPU of submit, status and worker in ms: {measured:.2?}");
                args.assumed.cpu_ms = measured.into();
            }
            Err(error) => return failed(error),
        }
    }
    let report = Report {
        assumed: &args.assumed,
        prices: &prices,
    };
    let text = match args.show {
        _ if args.json => format!("{:#}", report.json()),
        Section::Jobs => report.cost(),
        Section::Tune => report.tunables(),
        Section::Limits => report.limits(),
        Section::Prices => report.prices(),
    };
    println!("{text}");
    ExitCode::SUCCESS
}
