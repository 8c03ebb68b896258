//! TTL deletion, as DynamoDB does it, only sooner.

use std::time::{Duration, Instant};

use dynoxide::Database;

/// A sweep reads the whole table, so that of a large one it takes seconds: the next one begins when this many times as long
/// is over. So sweeps take a fiftieth of one core's time at most, however large the table.
const REST: u32 = 50;

/// Deletes what is past its TTL until `stopped`: as often as asked for, unless the table is too large for that.
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
