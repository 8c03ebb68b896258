//! The time that delays, visibility, retention and long polls are measured in.

use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::sync::watch;

/// What the queues read the time from: this machine's clock, or one that a test moves by hand.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(ManualClock),
}

impl Clock {
    /// This machine's wall clock.
    #[must_use]
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        match &self.0 {
            Source::System => system_now_ms(),
            Source::Manual(clock) => clock.now_ms(),
        }
    }

    /// Completes once the clock shows `at_ms` or later.
    pub async fn sleep_until(&self, at_ms: u64) {
        match &self.0 {
            Source::System => system_sleep_until(at_ms).await,
            Source::Manual(clock) => clock.sleep_until(at_ms).await,
        }
    }
}

impl From<ManualClock> for Clock {
    fn from(clock: ManualClock) -> Self {
        Self(Source::Manual(clock))
    }
}

/// A clock that stands still until a test advances it. Clones share one time.
#[derive(Clone, Debug)]
pub struct ManualClock {
    now_ms: Arc<watch::Sender<u64>>,
    sleepers: Arc<watch::Sender<usize>>,
}

impl ManualClock {
    /// A clock that shows `start_ms`, in milliseconds since the Unix epoch.
    #[must_use]
    pub fn starting_at(start_ms: u64) -> Self {
        Self {
            now_ms: Arc::new(watch::Sender::new(start_ms)),
            sleepers: Arc::new(watch::Sender::new(0)),
        }
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        *self.now_ms.borrow()
    }

    /// Advances the time, and wakes all tasks that slept until then, including waiting polls.
    pub fn advance(&self, by: Duration) {
        let by_ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        self.now_ms
            .send_modify(|now_ms| *now_ms = now_ms.saturating_add(by_ms));
    }

    /// Completes once exactly `count` tasks sleep on this clock. A test waits for this before it advances the time, so
    /// that a poll which it has just begun is really waiting.
    pub async fn until_sleeping(&self, count: usize) {
        let mut sleepers = self.sleepers.subscribe();
        // An error would mean that the sender is gone, and `self` holds it.
        let _ = sleepers.wait_for(|now| *now == count).await;
    }

    async fn sleep_until(&self, at_ms: u64) {
        let mut now_ms = self.now_ms.subscribe();
        let _sleeper = Sleeper::new(&self.sleepers);
        // As above: the sender lives as long as `self`.
        let _ = now_ms.wait_for(|now_ms| *now_ms >= at_ms).await;
    }
}

/// Counts one sleeping task, even if it is dropped while it sleeps.
struct Sleeper<'a>(&'a watch::Sender<usize>);

impl<'a> Sleeper<'a> {
    fn new(sleepers: &'a watch::Sender<usize>) -> Self {
        sleepers.send_modify(|count| *count += 1);
        Self(sleepers)
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

fn system_now_ms() -> u64 {
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

async fn system_sleep_until(at_ms: u64) {
    // A loop, because the timer runs on another clock than the wall: they differ after a laptop has slept.
    loop {
        let now_ms = system_now_ms();
        if now_ms >= at_ms {
            return;
        }
        tokio::time::sleep(Duration::from_millis(at_ms - now_ms)).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn advancing_wakes_a_sleeper_whose_time_has_come() {
        let manual = ManualClock::starting_at(1_000);
        let clock = Clock::from(manual.clone());
        let sleep = tokio::spawn(async move { clock.sleep_until(901_000).await });
        manual.until_sleeping(1).await;

        manual.advance(Duration::from_mins(15));

        sleep.await.unwrap();
        manual.until_sleeping(0).await;
    }

    #[tokio::test]
    async fn a_sleeper_that_is_dropped_is_no_longer_counted() {
        let manual = ManualClock::starting_at(0);
        let clock = Clock::from(manual.clone());
        let sleep = tokio::spawn(async move { clock.sleep_until(1).await });
        manual.until_sleeping(1).await;

        sleep.abort();

        manual.until_sleeping(0).await;
    }

    #[tokio::test]
    async fn the_system_clock_sleeps_no_shorter_than_asked() {
        let clock = Clock::system();
        let until_ms = clock.now_ms() + 20;

        clock.sleep_until(until_ms).await;

        assert!(clock.now_ms() >= until_ms);
    }
}
