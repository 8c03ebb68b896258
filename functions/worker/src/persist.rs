//! Repeated calls to the table.

use std::time::Duration;

use engine::{RetryPolicy, StoreError, Timestamp};
use lambda_runtime::tracing::warn;
use tokio::time::sleep;

use crate::invocation::now;

/// Delay between two calls. Each consists of several tries of the SDK, so the table was unavailable for seconds, or refuses.
const PAUSES: RetryPolicy = RetryPolicy {
    base: Duration::from_millis(200),
    cap: Duration::from_secs(5),
};

/// Repeats a call until the table answers, or until another call would begin after `until`.
///
/// Only for a call that recognizes its own effect, because only its answer may have been lost.
pub(crate) async fn persist<T, F>(
    until: Timestamp,
    mut call: impl FnMut() -> F,
) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut calls = 1;
    loop {
        let unanswered = match call().await {
            Err(error @ (StoreError::Unavailable(_) | StoreError::Unannounced(_))) => error,
            answer => return answer,
        };
        if !pause(until, calls, &unanswered).await {
            return Err(unanswered);
        }
        calls = calls.saturating_add(1);
    }
}

/// Waits until the next call; `false` if that would begin after `until`. Not generic, so that it is in the executable once.
async fn pause(until: Timestamp, calls: u32, unanswered: &StoreError) -> bool {
    let pause = PAUSES.delay(calls, random());
    if now().plus(pause) > until {
        return false;
    }
    warn!(error.source = ?std::error::Error::source(unanswered), calls, "{unanswered}; repeating the call");
    sleep(pause).await;
    true
}

/// A random number for jitter. Without a source of randomness, all delays are the shortest, which does no harm.
pub(crate) fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many calls are made until there is an answer, or none in time; this many get none.
    async fn calls(until: Timestamp, unanswered: u32) -> (Result<u32, StoreError>, u32) {
        let mut calls = 0;
        let answer = persist(until, || {
            calls += 1;
            let answer = if calls > unanswered {
                Ok(calls)
            } else {
                Err(StoreError::Unavailable("no answer".into()))
            };
            std::future::ready(answer)
        });
        (answer.await, calls)
    }

    #[tokio::test]
    async fn a_call_is_repeated_until_it_is_answered_or_the_time_is_over() {
        let in_a_minute = now().plus(Duration::from_secs(60));
        let (answer, made) = calls(in_a_minute, 2).await;
        assert_eq!((answer.unwrap(), made), (3, 3));
        let (answer, made) = calls(Timestamp::from_seconds(0), 1).await;
        assert!(answer.is_err());
        assert_eq!(made, 1);
    }

    #[tokio::test]
    async fn a_record_that_cannot_be_read_is_not_asked_for_again() {
        let in_a_minute = now().plus(Duration::from_secs(60));
        let corrupt =
            || std::future::ready(Err::<(), _>(StoreError::Corrupt(engine::Attribute::Id)));
        let mut calls = 0;
        let answer = persist(in_a_minute, || {
            calls += 1;
            corrupt()
        });
        assert!(answer.await.is_err());
        assert_eq!(calls, 1);
    }
}
