//! What can be counted of a function, and comes out the same on every machine: bytes, instructions, pages of memory.

use crate::builds::{Builds, Function, Role};
use crate::callgrind::instructions;
use crate::limits::exact;
use crate::process::Process;
use crate::{Error, Tls, events, table};

/// So many requests before those that are counted: connections are open then, and buffers have their size.
const WARM_UP: usize = 10;

/// So many requests are counted.
const REQUESTS: usize = 40;

/// So often a request is counted.
const TIMES: usize = 2;

/// So many requests stand behind a figure of memory.
const REQUESTS_IN_MEMORY: usize = 500;

/// A figure of a function and of its bare counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// The function's.
    pub ours: u64,
    /// The bare one's.
    pub bare: u64,
}

impl Pair {
    /// How many times the bare one's it is.
    #[must_use]
    pub fn ratio(self) -> f64 {
        exact(self.ours) / exact(self.bare)
    }
}

/// What was counted of one function.
#[derive(Clone, Copy, Debug)]
pub struct Counts {
    /// Which.
    pub role: Role,
    /// The executable's bytes.
    pub size: Pair,
    /// Instructions from the start to the first poll of the Runtime API.
    pub cold_start: Pair,
    /// Instructions from the start to the end of the first request, with the calls over TLS.
    pub first_over_tls: Pair,
    /// Instructions of a request, its calls included.
    pub request: Pair,
    /// Instructions of a request of the bare one without its calls.
    pub bare_without_calls: u64,
    /// The most memory that the process had in 500 requests, in KiB.
    pub peak_kib: Pair,
    /// Of the worker: what a job with the largest input takes above what the idle process has, in KiB.
    pub largest_job_kib: Option<u64>,
}

impl Counts {
    /// Instructions of a request / the bare one's, the calls left out of both: they are the same, and the bare function
    /// without them shows what they take.
    #[must_use]
    pub fn own_ratio(&self) -> f64 {
        let calls = self.request.bare.saturating_sub(self.bare_without_calls);
        exact(self.request.ours.saturating_sub(calls)) / exact(self.bare_without_calls)
    }
}

/// Counts each function, with progress on standard error.
///
/// # Errors
/// When a function does not answer, or valgrind is missing.
pub async fn count(builds: &Builds, tls: &Tls) -> Result<Vec<Counts>, Error> {
    let mut counted = Vec::new();
    for (ours, bare) in builds.pairs() {
        eprintln!("counting {}", ours.role.name());
        counted.push(Counts {
            role: ours.role,
            size: Pair {
                ours: ours.size()?,
                bare: bare.size()?,
            },
            cold_start: Pair {
                ours: cold_start(ours).await?,
                bare: cold_start(bare).await?,
            },
            first_over_tls: Pair {
                ours: first(&ours.over_tls(tls), builds).await?,
                bare: first(&bare.over_tls(tls), builds).await?,
            },
            request: Pair {
                ours: request(ours, builds).await?,
                bare: request(bare, builds).await?,
            },
            bare_without_calls: request(&bare.without_calls(), builds).await?,
            peak_kib: Pair {
                ours: peak(ours, builds).await?,
                bare: peak(bare, builds).await?,
            },
            largest_job_kib: largest_job(ours, builds).await?,
        });
    }
    Ok(counted)
}

async fn cold_start(function: &Function) -> Result<u64, Error> {
    instructions(function, &table::create()?, &[]).await
}

async fn first(function: &Function, builds: &Builds) -> Result<u64, Error> {
    requests(function, builds, 1).await
}

/// What one request more costs a process that is warm: the least of what was counted, because a busy machine lets answers come in
/// pieces, and each piece is one round more through the runtime.
async fn request(function: &Function, builds: &Builds) -> Result<u64, Error> {
    let mut least = u64::MAX;
    for _ in 0..TIMES {
        let few = requests(function, builds, WARM_UP).await?;
        let many = requests(function, builds, WARM_UP + REQUESTS).await?;
        least = least.min(many.saturating_sub(few) / REQUESTS as u64);
    }
    Ok(least)
}

async fn requests(function: &Function, builds: &Builds, count: usize) -> Result<u64, Error> {
    let database = table::create()?;
    let events = events::events(function.role, builds, &database, count).await?;
    instructions(function, &database, &events).await
}

async fn peak(function: &Function, builds: &Builds) -> Result<u64, Error> {
    let database = table::create()?;
    let events = events::events(function.role, builds, &database, REQUESTS_IN_MEMORY).await?;
    let mut process = Process::start(function, &database, &[]).await?;
    for event in &events {
        process.cloud.invoke(event).await?;
    }
    let peak = process.peak_rss_kib()?;
    process.end().await?;
    Ok(peak)
}

async fn largest_job(function: &Function, builds: &Builds) -> Result<Option<u64>, Error> {
    if function.role != Role::Worker {
        return Ok(None);
    }
    let database = table::create()?;
    let event = events::largest(builds, &database).await?;
    let mut process = Process::start(function, &database, &[]).await?;
    let idle = process.rss_kib()?;
    process.cloud.invoke(&event).await?;
    let peak = process.peak_rss_kib()?;
    process.end().await?;
    Ok(Some(peak.saturating_sub(idle)))
}
