//! The kinds of load: clients that wait for their answers, with a job or a batch each time, and arrivals at fixed times.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use indicatif::{ProgressBar, ProgressStyle};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use crate::load_client::Client;

/// How jobs are submitted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Load {
    /// This many clients, each of which submits its next job as soon as it is answered: shows the highest rate.
    Clients(u16),
    /// This many clients, each of which submits batches of this size.
    Batches(u16, usize),
    /// This many jobs per second at times fixed in advance. If one answer is slow, the next submit is due anyway, and the
    /// time that both wait counts; clients that wait for their answers would leave out exactly those.
    PerSecond(u32),
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clients(clients) => write!(f, "{clients} clients"),
            Self::Batches(clients, size) => write!(f, "{clients} clients, batches of {size}"),
            Self::PerSecond(rate) => write!(f, "{rate} per second"),
        }
    }
}

/// One submit, as its client saw it.
#[derive(Clone, Debug)]
pub(super) struct Submit {
    /// When it was due, in milliseconds since the epoch.
    pub(super) due_ms: f64,
    /// Time from then to its answer.
    pub(super) took: Duration,
    /// The job's status URI, if it was accepted.
    pub(super) uri: Option<String>,
}

/// A job that takes no time.
const BODY: &str = r#"{"name": "rehearsal", "input": {}}"#;

impl Load {
    /// Submits until `span` has passed, or `jobs` were submitted.
    pub(super) async fn apply(
        self,
        client: &Client,
        span: Duration,
        jobs: Option<u32>,
    ) -> Vec<Submit> {
        let epoch = SystemTime::now().duration_since(UNIX_EPOCH);
        let submitter = Submitter {
            client: client.clone(),
            begun: Instant::now(),
            begun_ms: millis(epoch.unwrap_or_default()),
            bar: counter(self.to_string()),
        };
        let submits = match self {
            Self::Clients(clients) => submitter.closed(clients, 1, span, jobs).await,
            Self::Batches(clients, size) => submitter.closed(clients, size, span, jobs).await,
            Self::PerSecond(rate) => submitter.open(rate, span, jobs).await,
        };
        submitter.bar.finish_and_clear();
        submits
    }
}

/// Submits from a fixed moment on.
#[derive(Clone)]
struct Submitter {
    client: Client,
    begun: Instant,
    begun_ms: f64,
    bar: ProgressBar,
}

impl Submitter {
    async fn submit(&self, due: Duration) -> Submit {
        let answer = self.client.post(BODY, None).await;
        self.bar.inc(1);
        Submit {
            due_ms: self.begun_ms + millis(due),
            took: self.begun.elapsed().saturating_sub(due),
            uri: answer.accepted().map(|(_, uri)| uri),
        }
    }

    /// Submits as many jobs at once.
    async fn submit_batch(&self, due: Duration, size: usize) -> Vec<Submit> {
        let batch = format!("[{}]", vec![BODY; size].join(","));
        let answer = self.client.post(&batch, None).await;
        self.bar.inc(u64::try_from(size).unwrap_or_default());
        let took = self.begun.elapsed().saturating_sub(due);
        let mut items = self.client.items(&answer).into_iter();
        let submit = || Submit {
            due_ms: self.begun_ms + millis(due),
            took,
            uri: items.next().and_then(|item| Some(item.ok()?.1)),
        };
        std::iter::repeat_with(submit).take(size).collect()
    }

    async fn closed(
        &self,
        clients: u16,
        size: usize,
        span: Duration,
        jobs: Option<u32>,
    ) -> Vec<Submit> {
        let (jobs, next) = (jobs.unwrap_or(u32::MAX), Arc::new(AtomicU32::new(0)));
        let step = u32::try_from(size).unwrap_or(u32::MAX);
        let mut running = JoinSet::new();
        for _ in 0..clients {
            let (this, next) = (self.clone(), next.clone());
            running.spawn(async move {
                let mut submits = Vec::new();
                while this.begun.elapsed() < span && next.fetch_add(step, Ordering::Relaxed) < jobs
                {
                    let due = this.begun.elapsed();
                    match size {
                        1 => submits.push(this.submit(due).await),
                        _ => submits.extend(this.submit_batch(due, size).await),
                    }
                }
                submits
            });
        }
        running.join_all().await.concat()
    }

    /// The timer is a millisecond late at times, and that counts as latency too.
    async fn open(&self, rate: u32, span: Duration, jobs: Option<u32>) -> Vec<Submit> {
        let mut running = JoinSet::new();
        for due in dues(rate, span, jobs) {
            sleep_until(self.begun + due).await;
            let this = self.clone();
            running.spawn(async move { this.submit(due).await });
        }
        running.join_all().await
    }
}

/// When each job is due, counted from the start; at least one is.
fn dues(rate: u32, span: Duration, jobs: Option<u32>) -> impl Iterator<Item = Duration> {
    let rate = u64::from(rate);
    let within = (rate * span.as_secs()).min(jobs.map_or(u64::MAX, u64::from));
    // Each is computed by itself, so that no rounding adds up.
    (0..within.max(1)).map(move |number| Duration::from_nanos(number * 1_000_000_000 / rate))
}

pub(super) fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1_000.0
}

/// A display of how many there are, and how many per second; hidden if standard error is not a terminal.
pub(super) fn counter(title: String) -> ProgressBar {
    let bar = ProgressBar::new_spinner().with_prefix(title);
    let template = "{elapsed_precise} {spinner} {prefix}: {human_pos} ({per_sec})";
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_and_the_duration_give_the_number_of_jobs_up_to_a_limit() {
        let count = |jobs| dues(500, Duration::from_secs(10), jobs).count();
        assert_eq!([None, Some(70), Some(9_000)].map(count), [5_000, 70, 5_000]);
    }

    #[test]
    fn jobs_are_due_at_even_intervals_whose_rounding_does_not_add_up() {
        let some: Vec<_> = dues(4, Duration::from_secs(1), None).collect();
        assert_eq!(some, [0, 250, 500, 750].map(Duration::from_millis));

        let last = dues(7, Duration::from_secs(1_000), None).last();
        assert_eq!(last, Some(Duration::from_nanos(999_857_142_857)));
    }
}
