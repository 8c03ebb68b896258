//! `bench`: how many jobs per second the whole service on this machine sustains, and how long each of them waits.
//!
//! Two loads, one after the other: clients that submit as fast as they are answered, then half of the rate that they reached,
//! at times fixed in advance. With `--batch`, the first one once more with batches. With `--finished`, both once more behind that many finished jobs in the table, and with
//! `--slow-webhooks` while that many webhooks wait. The jobs' own times are read once a load is over: there are no other requests
//! while it lasts.

mod args;
mod finished;
mod load;
mod measured;
mod report;
mod slow_webhooks;

use std::collections::BTreeMap;
use std::error::Error;
use std::process::ExitCode;
use std::time::Duration;

use local::{HTTP_PROCESSES, Role, Service, stop_signal};
use tokio::time::Instant;

pub(crate) use args::BenchArgs;
use load::Load;
use measured::Measured;
use report::Report;
use slow_webhooks::SlowWebhooks;

use crate::conclusion::{failed, print_json};
use crate::load_client::{Answer, Client};

/// Measures and reports. Fails if a job was lost or failed.
pub(crate) async fn bench(args: BenchArgs) -> ExitCode {
    let report = match run(&args).await {
        Ok(Some(report)) => report,
        Ok(None) => return failed("stopped"),
        Err(error) => return failed(error),
    };
    if args.json {
        print_json(&report);
    } else {
        println!("{report}");
    }
    if report.is_good() {
        ExitCode::SUCCESS
    } else {
        failed("not every job succeeded")
    }
}

/// `None` if it was stopped by Ctrl-C or SIGTERM. However it ends, it leaves no process behind.
async fn run(args: &BenchArgs) -> Result<Option<Report>, Box<dyn Error>> {
    let service = match args.url {
        Some(_) => None,
        None => Some(Service::start(args.options()).await?),
    };
    let measured = tokio::select! {
        measured = measure(service.as_ref(), args) => measured.map(Some),
        stopped = stop_signal() => stopped.map(|()| None).map_err(Into::into),
    };
    if let Some(service) = service {
        service.stop().await;
    }
    measured
}

async fn measure(service: Option<&Service>, args: &BenchArgs) -> Result<Report, Box<dyn Error>> {
    let Some(service) = service else {
        let client = Client::new(args.url.as_deref().unwrap_or_default());
        let loads = loads(&client, args, 0, &mut { args.rate }).await;
        return Ok(Report::of(loads, BTreeMap::new()));
    };
    let client = Client::new(&service.url);
    warm_up(&client, args).await?;
    let mut rate = args.rate;
    let mut measured = loads(&client, args, 0, &mut rate).await;
    if args.finished > 0 {
        finished::fill(service, args.finished).await?;
        // At the same rate as before, or there would be nothing to compare.
        measured.extend(loads(&client, args, args.finished, &mut rate).await);
    }
    if args.slow_webhooks > 0 {
        let slow = SlowWebhooks::wait(&client, args.slow_webhooks).await?;
        let behind = loads(&client, args, 0, &mut rate).await;
        measured.extend(behind.into_iter().map(|load| slow.named(load)));
    }
    Ok(Report::of(measured, peak_memory(service)))
}

/// Enough for every process that the loads need to have been started, and to have connected.
const WARM_UP_JOBS: u32 = 500;
const WARM_UP: Duration = Duration::from_secs(20);

/// Starts all processes that the service can have, because their start is not to be measured: the second load would start them while it
/// runs, and each start would slow down the others.
async fn warm_up(client: &Client, args: &BenchArgs) -> Result<(), Box<dyn Error>> {
    let clients = u16::try_from(HTTP_PROCESSES)?.max(args.clients);
    let jobs = WARM_UP_JOBS.min(args.jobs.unwrap_or(u32::MAX));
    let warmed = one(client, Load::Clients(clients), WARM_UP, Some(jobs), 0).await;
    let is_good = warmed.is_good().then_some(());
    is_good.ok_or_else(|| "not all jobs of the warm-up succeeded: `--verbose` shows why".into())
}

/// Both loads and that of batches, or only the second if the flags give its rate. Without one, it is half of what the first load reached.
async fn loads(
    client: &Client,
    args: &BenchArgs,
    finished: u32,
    rate: &mut Option<u32>,
) -> Vec<Measured> {
    let measure = |load| one(client, load, args.span(), args.jobs, finished);
    let mut measured = Vec::new();
    if args.rate.is_none() {
        let saturation = measure(Load::Clients(args.clients)).await;
        rate.get_or_insert_with(|| half(saturation.jobs_per_second));
        measured.push(saturation);
        if let Some(size) = args.batch {
            measured.push(measure(Load::Batches(args.clients, size.into())).await);
        }
    }
    measured.push(measure(Load::PerSecond(rate.unwrap_or(1))).await);
    measured
}

/// How long the last jobs of a load get to finish.
const PATIENCE: Duration = Duration::from_secs(60);

/// Applies a load, and reads the documents of its jobs.
async fn one(
    client: &Client,
    load: Load,
    span: Duration,
    jobs: Option<u32>,
    finished: u32,
) -> Measured {
    let submits = load.apply(client, span, jobs).await;
    let uris = submits.iter().filter_map(|submit| submit.uri.clone());
    let is_finished = |answer: &Answer| answer.job("job-state") == "COMPLETED";
    let documents = client.get_each(uris, Instant::now() + PATIENCE, is_finished);
    let measured = Measured::of(load.to_string(), finished, &submits, &documents.await);
    let Measured {
        submitted,
        seconds,
        jobs_per_second,
        ..
    } = &measured;
    eprintln!("{load}: {submitted} jobs in {seconds:.1} s, {jobs_per_second:.0} per second");
    measured
}

/// Half of a rate, in whole jobs per second; at least one.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is positive, and saturates"
)]
fn half(jobs_per_second: f64) -> u32 {
    ((jobs_per_second / 2.0).round() as u32).max(1)
}

/// Peak resident memory of the largest process of each function, in MiB.
fn peak_memory(service: &Service) -> BTreeMap<&'static str, u64> {
    let largest = |role: Role| {
        let processes = service.pool(role).pids();
        let peaks = processes.iter().filter_map(|process| {
            let status = std::fs::read_to_string(format!("/proc/{}/status", process.pid)).ok()?;
            let peak = status
                .lines()
                .find_map(|line| line.strip_prefix("VmHWM:"))?;
            peak.trim().strip_suffix(" kB")?.parse::<u64>().ok()
        });
        Some((role.name(), peaks.max()? / 1_024))
    };
    [Role::Submit, Role::Status, Role::Worker]
        .into_iter()
        .filter_map(largest)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_rate_is_at_least_one() {
        assert_eq!([0.0, 0.9, 3.0, 1_001.0].map(half), [1, 1, 2, 501]);
    }
}
