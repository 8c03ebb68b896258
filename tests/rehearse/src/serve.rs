//! `serve`: the whole service with faults, for clients that are to be tried out on a bad day.

use std::error::Error;
use std::process::ExitCode;

use clap::Args;
use local::{LogSink, ServiceOptions, stop_signal};

use crate::conclusion::failed;
use crate::fault_args::FaultArgs;
use crate::faulty_service::FaultyService;

/// Flags of `serve`.
#[derive(Args, Clone, Debug)]
pub(crate) struct ServeArgs {
    /// Port of the API on 127.0.0.1; 0 selects a free port
    #[arg(long, default_value_t = 3000)]
    port: u16,
    #[command(flatten)]
    faults: FaultArgs,
    /// Do not show the functions' logs
    #[arg(long)]
    quiet: bool,
}

/// Serves until Ctrl-C or SIGTERM. Fails if a promise was broken.
pub(crate) async fn serve(args: ServeArgs) -> ExitCode {
    match run(&args).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => failed(error),
    }
}

async fn run(args: &ServeArgs) -> Result<bool, Box<dyn Error>> {
    let options = ServiceOptions {
        port: args.port,
        logs: if args.quiet {
            LogSink::nowhere()
        } else {
            LogSink::stderr()
        },
        ..ServiceOptions::default()
    };
    let (seed, rates) = (args.faults.seed(), args.faults.rates(engine::WRITE_HORIZON));
    let faulty = FaultyService::start(options, seed, rates).await?;
    println!(
        "The service runs at {} with faults (seed {seed}). Ctrl-C stops it.",
        faulty.service.url
    );
    stop_signal().await?;
    eprintln!("\nstopping");
    faulty.service.stop().await;
    let ledger = faulty.auditor.ledger();
    for violation in ledger.violations() {
        println!("{}: {violation}", violation.rule.name());
    }
    println!(
        "{} writes, {} broken promises",
        ledger.writes(),
        ledger.violations().len()
    );
    Ok(ledger.violations().is_empty())
}
