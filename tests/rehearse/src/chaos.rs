//! `chaos`: many jobs while processes are killed and calls fail, and at the end a count of their outcomes.
//!
//! Jobs are submitted one by one and in batches, submitted again, canceled, polled and deleted over HTTP, as clients do, and their keys used again; some
//! reach a deadline. The counts come from three independent sources: the clients' answers, an auditor that sees each write to
//! the table, and the status URIs once nothing moves any more.

mod args;
mod batch;
mod course;
mod door;
mod found;
mod killer;
mod receiver;
mod report;
mod rest;
mod results;
mod told;
mod verdict;
mod webhooks;
mod wish;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};
use local::StartError;

pub(crate) use args::ChaosArgs;
use course::Clients;
use door::Door;
use killer::Killer;
use receiver::Receiver;
use report::{Evidence, Report};

use crate::conclusion::{failed, print_json};
use crate::faulty_service::FaultyService;
use crate::load_client::Client;

/// Runs everything and reports. Fails if a promise was broken.
pub(crate) async fn chaos(args: ChaosArgs) -> ExitCode {
    let seed = args.seed();
    // First of all, so that it is known whatever happens.
    eprintln!(
        "seed {seed}: `rehearse chaos --seed {seed}` makes the same jobs and the same plan of faults and kills"
    );
    let report = match run(&args, seed).await {
        Ok(report) => report,
        Err(error) => return failed(error),
    };
    print_json(&report);
    if report.is_good() {
        eprintln!("every promise was kept");
        ExitCode::SUCCESS
    } else {
        failed("NOT every promise was kept")
    }
}

async fn run(args: &ChaosArgs, seed: u64) -> Result<Report, StartError> {
    let begun = Instant::now();
    let faulty = Arc::new(FaultyService::start(args.options(), seed, args.rates()).await?);
    let (service, auditor) = (&faulty.service, &faulty.auditor);
    let hurried = Door::open(service, wish::DEADLINE).await;
    let hurried = hurried.map_err(StartError::back_end)?;
    let client = Client::new(&service.url);
    let receiver = Receiver::start(seed, &client, auditor.clone());
    let receiver = receiver.await.map_err(StartError::back_end)?;
    let clients = Clients {
        receiver_url: receiver.url.clone(),
        hurried: client.at(&hurried.url),
        client: client.clone(),
        auditor: auditor.clone(),
        patience: args.patience(),
    };
    let bar = bar(args.jobs);
    let killer = Killer::start(faulty.clone(), seed, args.kill_every());
    let told = clients.submit_all(args, seed, &bar).await;
    let submitting = begun.elapsed();
    let rest = rest::wait(service, auditor, args, &bar).await;
    let kills = killer.stop().await;
    bar.finish_and_clear();
    // The final answers are asked without faults.
    faulty.plan.end();
    let at_the_end = told::ask_all(&told, &client, auditor).await;
    let mut results = results::ask(&told, &at_the_end, &client).await;
    let keys = service.backends.object_keys();
    let keys = keys.map_err(StartError::back_end)?;
    results.account(keys, &auditor.ledger());
    let report = Report::of(Evidence {
        seed,
        faulty: &faulty,
        told: &told,
        received: &receiver.received(),
        at_the_end: &at_the_end,
        results,
        rest,
        kills,
        answers: client.counts(),
        submitting,
        all: begun.elapsed(),
    });
    hurried.close().await;
    // The killer has ended, so this is the last reference.
    if let Some(faulty) = Arc::into_inner(faulty) {
        faulty.service.stop().await;
    }
    Ok(report)
}

/// Hidden if standard error is not a terminal.
fn bar(jobs: u32) -> ProgressBar {
    let bar = ProgressBar::new(u64::from(jobs));
    let template = "{elapsed_precise} [{bar:40}] {pos} of {len} jobs finished  {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
