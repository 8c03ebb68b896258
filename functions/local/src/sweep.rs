//! Deletion of expired records and objects, like that of DynamoDB (TTL) and S3 (lifecycle rules) but sooner.

use std::fmt::Display;
use std::time::{Duration, Instant};

/// A sweep reads all that is stored, which takes seconds if that is much. The pause after a sweep lasts at least this many times as
/// long as the sweep, so sweeps use at most a fiftieth of one core.
const REST: u32 = 50;

/// Calls `delete_expired` until `stopped`, at the given interval or, if it takes long, less often. `what` names the deleted things
/// in the log.
pub(crate) async fn sweep<E: Display + Send + 'static>(
    what: &'static str,
    delete_expired: impl Fn() -> Result<(), E> + Clone + Send + 'static,
    every: Duration,
    stopped: impl Future<Output = ()>,
) {
    tokio::pin!(stopped);
    let mut wait = every;
    loop {
        tokio::select! {
            () = &mut stopped => return,
            () = tokio::time::sleep(wait) => {}
        }
        let begun = Instant::now();
        let swept = tokio::task::spawn_blocking(delete_expired.clone()).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!("expired {what} could not be deleted: {error}");
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
