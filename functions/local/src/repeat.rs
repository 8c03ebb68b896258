//! Work that the back ends repeat: the deletion of what has expired, like that of DynamoDB (TTL) and S3 (lifecycle rules) but sooner, and
//! writing what is kept between runs.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// The work reads all that is stored, which takes seconds if that is much. The pause lasts at least this many times as long, so this uses
/// at most a fiftieth of one core.
const REST: u32 = 50;

/// Calls `work` at the given interval or, if it takes long, less often, and once more at the end. `failure` is logged.
pub(crate) async fn repeat<E: Display + Send + 'static>(
    work: impl Fn() -> Result<(), E> + Clone + Send + 'static,
    failure: &'static str,
    every: Duration,
    stopped: impl Future<Output = ()>,
) {
    tokio::pin!(stopped);
    let mut wait = every;
    loop {
        let is_last = tokio::select! {
            () = &mut stopped => true,
            () = tokio::time::sleep(wait) => false,
        };
        let begun = Instant::now();
        let done = tokio::task::spawn_blocking(work.clone()).await;
        if let Ok(Err(error)) = done {
            tracing::warn!("{failure}: {error}");
        }
        if is_last {
            return;
        }
        wait = until_next(every, begun.elapsed());
    }
}

fn until_next(every: Duration, took: Duration) -> Duration {
    every.max(took * REST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_table_is_swept_less_often_than_asked_for_and_a_small_one_is_not() {
        let next = |took_ms| until_next(Duration::from_secs(1), Duration::from_millis(took_ms));
        assert_eq!(next(0), Duration::from_secs(1));
        assert_eq!(next(20), Duration::from_secs(1));
        assert_eq!(next(5_000), Duration::from_secs(250));
    }
}
