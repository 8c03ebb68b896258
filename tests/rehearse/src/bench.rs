//! `bench`: how many jobs a second the whole service on this machine bears, and how long each of them waits.
//!
//! Two loads, one after the other: clients that submit as fast as they are answered, and then half of what came of that, at
//! times fixed beforehand. With `--finished`, both once more behind so many finished jobs in the table. What the clients
//! saw is set beside what the records say; nothing else is asked while a load lasts, so that nothing else is measured.

mod args;
mod finished;
mod latency;
mod load;
mod measured;
mod outcome;
mod report;
mod round;
mod schedule;
mod show;

use std::error::Error;
use std::process::ExitCode;

pub(crate) use args::BenchArgs;
use report::Report;
use round::Bench;

use crate::conclusion::{conclude, failed};
use crate::load_client::Client;
use local::{Service, stop_signal};

/// Measures and reports. It fails when a job got lost or failed.
pub(crate) async fn bench(args: BenchArgs) -> ExitCode {
    match run(&args).await {
        Ok(Some(report)) => conclude(&report, args.json, report.is_good()),
        Ok(None) => {
            eprintln!("stopped");
            ExitCode::FAILURE
        }
        Err(error) => failed(error),
    }
}

/// Nothing when it was stopped by Ctrl-C or SIGTERM. However it ends, no process is left.
async fn run(args: &BenchArgs) -> Result<Option<Report>, Box<dyn Error>> {
    let service = Service::start(args.options()).await?;
    let measured = tokio::select! {
        measured = measure(&service, args) => measured.map(Some),
        stopped = stop_signal() => stopped.map(|()| None).map_err(Into::into),
    };
    service.stop().await;
    measured
}

async fn measure(service: &Service, args: &BenchArgs) -> Result<Report, Box<dyn Error>> {
    let client = Client::new(&service.url);
    let bench = Bench::new(service, &client, args);
    bench.warm_up().await?;
    let mut rounds = vec![bench.round(0, args.rate).await?];
    if args.finished > 0 {
        finished::fill(service, args.finished, args.seed).await?;
        // The same rate as before, or there would be nothing to compare.
        let rate = rounds[0].half_load.rate;
        rounds.push(bench.round(args.finished, rate).await?);
    }
    Ok(Report::of(args, rounds))
}
