//! TTL deletion, like that of DynamoDB but sooner.

use std::time::{Duration, Instant};

use dynoxide::Database;

/// A sweep reads the whole table, which takes seconds if the table is large. The pause after a sweep lasts at least this many times as
/// long as the sweep, so sweeps use at most a fiftieth of one core.
const REST: u32 = 50;

/// Deletes expired records until `stopped`, at the given interval or, for a large table, less often.
pub(crate) async fn sweep(database: Database, every: Duration, stopped: impl Future<Output = ()>) {
    tokio::pin!(stopped);
    let mut wait = every;
    loop {
        tokio::select! {
            () = &mut stopped => return,
            () = tokio::time::sleep(wait) => {}
        }
        let (begun, database) = (Instant::now(), database.clone());
        let swept = tokio::task::spawn_blocking(move || database.sweep_ttl()).await;
        if let Ok(Err(error)) = swept {
            tracing::warn!("expired records could not be deleted: {error}");
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
