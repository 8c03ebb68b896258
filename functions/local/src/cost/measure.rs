//! The CPU that the functions take for a job, measured with the whole service on this machine.
//!
//! CPU and not time: how long AWS's services take to answer nothing here can tell, and CPU hardly depends on what else the machine
//! does.

use std::fs;
use std::time::Duration;

use serde_json::{Value, json};

use crate::role::Role;
use crate::service::{Service, ServiceOptions, StartError};

/// Linux counts a process's time in hundredths of a second, wherever `/proc` shows it.
const MS_A_TICK: f64 = 10.0;

/// Before this many jobs nothing is measured: processes start, and connections are made.
const WARM_UP: u32 = 50;

/// Why nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub(super) enum MeasureError {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error("a request failed: {0}")]
    Request(#[from] reqwest::Error),
    #[error("this system has no /proc that tells a process's CPU time")]
    NoProc,
}

/// CPU of `submit` for a job, of `status` for a poll, of `worker` for a job, in milliseconds of one core.
pub(super) async fn cpu_ms(jobs: u32) -> Result<[f64; 3], MeasureError> {
    let service = Service::start(options()).await?;
    let measured = run(&service, jobs).await;
    service.stop().await;
    measured
}

async fn run(service: &Service, jobs: u32) -> Result<[f64; 3], MeasureError> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    one_by_one(service, &http, WARM_UP).await?;
    let before = ticks(service)?;
    let polls = one_by_one(service, &http, jobs).await?;
    let after = ticks(service)?;
    let ms = |index: usize, count: u32| {
        (after[index] - before[index]) * MS_A_TICK / f64::from(count.max(1))
    };
    Ok([ms(0, jobs), ms(1, polls), ms(2, jobs)])
}

/// Submits each job when the one before is at its end. How many polls it took.
async fn one_by_one(
    service: &Service,
    http: &reqwest::Client,
    jobs: u32,
) -> Result<u32, reqwest::Error> {
    let mut polls = 0;
    for _ in 0..jobs {
        let body = json!({"name": "rehearsal", "input": {"steps": 1}, "summary": "a typical job"});
        let accepted = http.post(format!("{}/jobs", service.url)).json(&body);
        let accepted = accepted.send().await?.error_for_status()?;
        let accepted: Value = accepted.json().await?;
        let uri = accepted["task"]["href"].as_str().unwrap_or_default();
        let uri = format!("{}{uri}", service.url);
        loop {
            polls += 1;
            let job: Value = http
                .get(&uri)
                .send()
                .await?
                .error_for_status()?
                .json()
                .await?;
            if job["job"]["job-state"] == "COMPLETED" {
                break;
            }
        }
    }
    Ok(polls)
}

/// The CPU time of each function's processes, in ticks. None of them ends meanwhile.
fn ticks(service: &Service) -> Result<[f64; 3], MeasureError> {
    let mut ticks = [0.0; 3];
    for (of_role, role) in ticks
        .iter_mut()
        .zip([Role::Submit, Role::Status, Role::Worker])
    {
        for process in service.pool(role).pids() {
            *of_role += ticks_of(process.pid).ok_or(MeasureError::NoProc)?;
        }
    }
    Ok(ticks)
}

/// User and system time: the 14th and 15th field of `stat`, behind the name, which is in parentheses and may hold anything.
fn ticks_of(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, behind_name) = stat.rsplit_once(')')?;
    let mut times = behind_name.split_whitespace().skip(11);
    let user: f64 = times.next()?.parse().ok()?;
    let system: f64 = times.next()?.parse().ok()?;
    Some(user + system)
}

/// One job in a batch, and nothing besides that would take time.
fn options() -> ServiceOptions {
    ServiceOptions {
        concurrency: 2,
        batch_size: 1,
        sweep_every: Duration::from_secs(60),
        monitor_links: false,
        ..ServiceOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_process_s_cpu_time_is_read() {
        let before = ticks_of(std::process::id()).unwrap();
        let mut sum = 0_u64;
        while ticks_of(std::process::id()).unwrap() < before + 2.0 {
            sum = (0..1_000_000).fold(sum, u64::wrapping_add);
        }
        assert!(ticks_of(0).is_none());
    }
}
