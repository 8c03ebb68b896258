//! How large and how fast the functions are, next to bare ones.
//!
//! `cargo bench -p footprint` builds them, counts, takes times, and compares with Node and Python where those are installed.
//! `cargo test -p footprint --bench functions` counts only, and fails when a count is above its limit. Counting needs valgrind, TLS needs openssl.
//! `FUNCTIONS=FOLDER` takes the executables from there. `UNDER=COMMAND` takes the times of cold starts and first answers under that command,
//! for instance one that limits the CPU.

use std::process::ExitCode;

use footprint::{Builds, Error, Finding, Tls, count, judge, rivals, show_counts, show_times, time};

#[tokio::main]
async fn main() -> ExitCode {
    // That is what cargo says when it runs a benchmark, and not a test.
    let takes_times = std::env::args().any(|argument| argument == "--bench");
    match measure(takes_times).await {
        Ok(findings) if findings.iter().all(Finding::is_kept) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("nothing was measured: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(takes_times: bool) -> Result<Vec<Finding>, Error> {
    let builds = Builds::make()?;
    let tls = Tls::make()?;
    let counts = count(&builds, &tls).await?;
    let findings = judge(&counts);
    println!("{}\n", show_counts(&counts, &findings));
    if takes_times {
        let (rivals, missing) = rivals();
        for command in missing {
            println!("Not compared, because it is not installed: {command}");
        }
        println!("{}", show_times(&time(&builds, &tls, &rivals).await?));
    }
    Ok(findings)
}
