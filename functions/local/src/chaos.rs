//! `chaos`: many jobs while processes are killed and calls fail, and at the end a count of what became of them.
//!
//! Jobs are submitted, submitted again, canceled, looked at and deleted through the HTTP front, as clients do, and their keys
//! used again; some come to a deadline. What is counted comes from three places that know nothing of each other: the clients'
//! answers, an auditor that sees each write to the table, and the status URIs once all is at rest.

mod args;
mod course;
mod door;
mod found;
mod killer;
mod report;
mod rest;
mod told;
mod verdict;
mod wish;

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use indicatif::{ProgressBar, ProgressStyle};

pub(crate) use args::ChaosArgs;
use course::Clients;
use door::Door;
use killer::Killer;
use report::{Evidence, Report};

use crate::conclusion::{conclude, failed};
use crate::load_client::Client;
use crate::service::{Service, StartError};

/// Runs it all and reports. It fails when a promise was broken.
pub(crate) async fn chaos(args: ChaosArgs) -> ExitCode {
    let seed = args.seed();
    // First of all, so that it is known whatever happens.
    eprintln!(
        "seed {seed}: `local chaos --seed {seed}` makes the same jobs and the same plan of faults and kills"
    );
    match run(&args, seed).await {
        Ok(report) => conclude(&report, args.json, report.is_good()),
        Err(error) => failed(error),
    }
}

async fn run(args: &ChaosArgs, seed: u64) -> Result<Report, StartError> {
    let begun = Instant::now();
    let service = Arc::new(Service::start(args.options(seed)).await?);
    let hurried = Door::open(&service, wish::DEADLINE).await;
    let hurried = hurried.map_err(|error| StartError::BackEnd(error.into()))?;
    let client = Client::new(&service.url);
    let faulty = service.faulty.as_ref();
    #[expect(clippy::expect_used, reason = "the options above ask for an auditor")]
    let auditor = faulty
        .and_then(|faulty| faulty.auditor.clone())
        .expect("`ChaosArgs::options` asks for an auditor");
    let clients = Clients {
        hurried: client.at(&hurried.url),
        client: client.clone(),
        auditor: auditor.clone(),
        patience: args.patience(),
    };
    let bar = bar(args.jobs);
    let killer = Killer::start(service.clone(), seed, args.kill_every());
    let told = clients.submit_all(args, seed, &bar).await;
    let submitting = begun.elapsed();
    let rest = rest::wait(&service, &auditor, args, &bar).await;
    let kills = killer.stop().await;
    bar.finish_and_clear();
    // What the clients see at the end is asked on a good day.
    if let Some(faulty) = &service.faulty {
        faulty.plan.end();
    }
    let at_the_end = told::ask_all(&told, &client, &auditor).await;
    let report = Report::of(Evidence {
        seed,
        service: &service,
        auditor: &auditor,
        told: &told,
        at_the_end: &at_the_end,
        rest,
        kills,
        answers: client.counts(),
        submitting,
        all: begun.elapsed(),
    });
    hurried.close().await;
    // The killer and the rest are over, so this is the last one that has it.
    if let Some(service) = Arc::into_inner(service) {
        service.stop().await;
    }
    Ok(report)
}

/// Hidden where standard error is no terminal.
fn bar(jobs: u32) -> ProgressBar {
    let bar = ProgressBar::new(u64::from(jobs));
    let template = "{elapsed_precise} [{bar:40}] {pos} of {len} jobs at their end  {msg}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style.progress_chars("=> "));
    }
    bar
}
