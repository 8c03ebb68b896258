//! What a clock says of the functions. It depends on the machine and on what else that does, so nothing is checked: the figures
//! are for comparison with each other, of one run.

use std::time::Duration;

use crate::builds::{Builds, Function, Role};
use crate::process::Process;
use crate::rivals::Rival;
use crate::{Error, Tls, events, table};

/// Number of cold starts, and of requests to a warm process, behind each median.
const COLD_STARTS: usize = 15;
const WARM_UP: usize = 100;
const REQUESTS: usize = 1_000;

/// What was measured of one function.
#[derive(Clone, Debug)]
pub struct Times {
    /// Which.
    pub role: Role,
    /// Whose: `Accepted`, `bare`, or a language.
    pub of: &'static str,
    /// With the calls over plain HTTP.
    pub plain: Start,
    /// With the calls over TLS.
    pub over_tls: Start,
    /// The answers of a warm process: the median.
    pub p50: Duration,
    /// And the time that 99 % of them stay within.
    pub p99: Duration,
    /// The most memory that the process had, in KiB.
    pub peak_kib: u64,
}

/// How a process begins: medians.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// From the start of the process to its first poll of the Runtime API.
    pub cold_start: Duration,
    /// The answer to the first request.
    pub first: Duration,
}

/// Measures each function, the bare ones and the rivals, in turn, with progress on standard error.
///
/// # Errors
/// When a function does not answer.
pub async fn time(builds: &Builds, tls: &Tls, rivals: &[Rival]) -> Result<Vec<Times>, Error> {
    let mut measured = Vec::new();
    for (ours, bare) in builds.pairs() {
        let of_role = |rival: &&Rival| rival.function.role == ours.role;
        let others = rivals
            .iter()
            .filter(of_role)
            .map(|rival| (rival.language, &rival.function));
        let all: Vec<_> = [("Accepted", ours), ("bare", bare)]
            .into_iter()
            .chain(others)
            .collect();
        let over_tls = all.iter().map(|(_, function)| function.over_tls(tls));
        let variants: Vec<_> = all
            .iter()
            .map(|(_, function)| (*function).clone())
            .chain(over_tls)
            .collect();
        let starts = cold_starts(&variants, builds).await?;
        let (plain, over_tls) = starts.split_at(all.len());
        let starts = plain.iter().zip(over_tls);
        for ((of, function), (&plain, &over_tls)) in all.into_iter().zip(starts) {
            eprintln!("timing {} ({of})", function.role.name());
            let (warm, peak_kib) = warm(function, builds).await?;
            let (p50, p99) = (percentile(&warm, 50), percentile(&warm, 99));
            measured.push(Times {
                role: ours.role,
                of,
                plain,
                over_tls,
                p50,
                p99,
                peak_kib,
            });
        }
    }
    Ok(measured)
}

/// The medians of each function's cold starts and first answers. They take turns, so that what else the machine does meanwhile hits all alike.
async fn cold_starts(functions: &[Function], builds: &Builds) -> Result<Vec<Start>, Error> {
    let under = std::env::var("UNDER").unwrap_or_default();
    let under: Vec<_> = under.split_whitespace().collect();
    let mut seen = vec![(Vec::new(), Vec::new()); functions.len()];
    for round in 0..COLD_STARTS {
        eprint!("\rcold starts: {} of {COLD_STARTS}", round + 1);
        for (function, (starts, firsts)) in functions.iter().zip(&mut seen) {
            let database = table::create()?;
            let events = events::events(function.role, builds, &database, 1).await?;
            let mut process = Process::start(function, &database, &under).await?;
            starts.push(process.cold_start);
            for event in &events {
                firsts.push(process.cloud.invoke(event).await?.0);
            }
            process.end().await?;
        }
    }
    eprintln!();
    let medians = |(starts, firsts): (Vec<_>, Vec<_>)| Start {
        cold_start: percentile(&starts, 50),
        first: percentile(&firsts, 50),
    };
    Ok(seen.into_iter().map(medians).collect())
}

async fn warm(function: &Function, builds: &Builds) -> Result<(Vec<Duration>, u64), Error> {
    let database = table::create()?;
    let events = events::events(function.role, builds, &database, WARM_UP + REQUESTS).await?;
    let mut process = Process::start(function, &database, &[]).await?;
    let mut took = Vec::new();
    for event in &events {
        took.push(process.cloud.invoke(event).await?.0);
    }
    let peak = process.peak_rss_kib()?;
    process.end().await?;
    Ok((took.split_off(WARM_UP), peak))
}

/// The given percentile of the durations (nearest rank). Zero if the list is empty.
fn percentile(durations: &[Duration], percent: usize) -> Duration {
    let mut sorted = durations.to_vec();
    sorted.sort_unstable();
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted
        .get(rank.saturating_sub(1))
        .copied()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_nearest_rank() {
        let millis: Vec<_> = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&millis, 50), Duration::from_millis(100));
        assert_eq!(percentile(&millis, 99), Duration::from_millis(198));
        assert_eq!(percentile(&millis[..1], 99), Duration::from_millis(200));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
