//! Jobs through the local service for a while, and what its processes weigh meanwhile:
//! `cargo run -p tests --bin soak -- http://127.0.0.1:3000 2000 600` spreads 2,000 jobs over 600 seconds.
//!
//! Prints one line a tenth: how many function processes there are, and the resident memory of the largest of each
//! function. Ends with what became of the jobs, and fails unless all of them succeeded.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use reqwest::Client;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, sleep_until};

/// How long the last jobs get to end.
const GRACE: Duration = Duration::from_secs(60);

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [url, jobs, seconds] = &arguments[..] else {
        return usage();
    };
    let (Ok(jobs @ 1..), Ok(seconds)) = (jobs.parse::<u32>(), seconds.parse::<u32>()) else {
        return usage();
    };
    match soak(url, jobs, Duration::from_secs(seconds.into())).await {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: soak URL JOBS SECONDS");
    ExitCode::from(2)
}

/// How many jobs did not succeed.
async fn soak(url: &str, jobs: u32, span: Duration) -> Result<usize, reqwest::Error> {
    let client = Client::builder().no_proxy().build()?;
    let begun = Instant::now();
    let mut uris = Vec::new();
    for job in 0..jobs {
        sleep_until(begun + span * job / jobs).await;
        uris.push(submit(&client, url, job).await?);
        if (job + 1) % jobs.div_ceil(10) == 0 || job + 1 == jobs {
            println!(
                "{:>4} s  {:>5} jobs  {}",
                begun.elapsed().as_secs(),
                job + 1,
                weights()
            );
        }
    }
    let mut unfinished = 0;
    let until = Instant::now() + GRACE;
    for uri in &uris {
        if !succeeds(&client, uri, until).await? {
            unfinished += 1;
        }
    }
    println!(
        "{} succeeded, {unfinished} did not; {}",
        uris.len() - unfinished,
        weights()
    );
    Ok(unfinished)
}

/// Every fourth job is a CSV profile, the others rehearse half a second.
async fn submit(client: &Client, url: &str, job: u32) -> Result<String, reqwest::Error> {
    let body = if job.is_multiple_of(4) {
        let mut csv = "a,b,c\n".to_owned();
        for row in 0..2_000 {
            // Writing to a `String` cannot fail.
            let _ = writeln!(csv, "{row},{},x{}", row * job, row % 7);
        }
        json!({"name": "csv_profile", "input": {"csv": csv}})
    } else {
        json!({"name": "rehearsal", "input": {"seconds": 0.5}})
    };
    let answer = client
        .post(format!("{url}/jobs"))
        .json(&body)
        .send()
        .await?
        .error_for_status()?;
    let location = answer
        .headers()
        .get("location")
        .and_then(|value| value.to_str().ok());
    Ok(location.unwrap_or_default().to_owned())
}

async fn succeeds(client: &Client, uri: &str, until: Instant) -> Result<bool, reqwest::Error> {
    loop {
        let document: Value = client.get(uri).send().await?.json().await?;
        match document["status"].as_str() {
            Some("Succeeded") => return Ok(true),
            Some("InProgress") if Instant::now() < until => sleep(Duration::from_millis(200)).await,
            _ => return Ok(false),
        }
    }
}

/// The function processes of this machine: how many of each there are, and the largest's resident memory.
fn weights() -> String {
    let mut functions: BTreeMap<String, (usize, u64)> = BTreeMap::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some((function, rss_kb)) = function_process(&process.path()) else {
            continue;
        };
        let (count, largest) = functions.entry(function).or_default();
        *count += 1;
        *largest = rss_kb.max(*largest);
    }
    let each = functions
        .iter()
        .map(|(name, (count, kb))| format!("{count} {name} ≤ {kb} kB"));
    each.collect::<Vec<_>>().join(", ")
}

/// Which function a process is, and its resident memory.
fn function_process(process: &std::path::Path) -> Option<(String, u64)> {
    let command = fs::read_to_string(process.join("cmdline")).ok()?;
    let mut words = command.split('\0').filter(|word| !word.is_empty()).skip(1);
    let function = (words.next()? == "function")
        .then(|| words.next())??
        .to_owned();
    let status = fs::read_to_string(process.join("status")).ok()?;
    let rss = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some((function, rss.trim().trim_end_matches(" kB").parse().ok()?))
}
