//! Delaying a response until the job has finished: `Prefer: wait`.
//!
//! Lambda bills the time, and a function does not learn that its client has hung up. So the time is limited, and so is the
//! number of reads.

use std::time::{Duration, SystemTime};

use engine::{JobRecord, JobState, JobStore, Judged, StoreError, Timestamp};

use crate::Incoming;

/// Time reserved before the invocation's deadline: the last read of the record and the read of a large result take up to 4 s
/// each, with the SDK's retries.
const LAST_READS: Duration = Duration::from_secs(8);

/// The pause before the first read. Most jobs that are worth waiting for take longer, and the client of a short one does not wait
/// much longer than necessary.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

/// The longest pause: how late the end of a job without an estimate is seen at worst. Pauses double up to this one.
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// Maximum number of reads that are made earlier because the job should have finished by then. Estimates change, and must not
/// cost a read each time.
const EARLY_LOOKS: u8 = 2;

/// The delay of a response that a client prefers to wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    until: Timestamp,
    seconds: u64,
}

impl Hold {
    /// The delay that a request prefers, from when its job was judged; `longest` is the deployment's limit. `None` if the
    /// deployment does not delay responses, or if the job starts after the delay and so cannot finish in time: the client would
    /// wait in vain, and would occupy an instance of the function.
    #[must_use]
    pub fn of(incoming: &Incoming, longest: Duration, judged: &Judged<'_>) -> Option<Self> {
        let (wanted, now) = (incoming.preferences.wait?, judged.at());
        if longest.is_zero() {
            return None;
        }
        let deadline = Timestamp::of_deadline(incoming.deadline_ms, now);
        let possible = deadline.since(now).saturating_sub(LAST_READS);
        let seconds = wanted.min(longest).min(possible).as_secs();
        let until = now.plus(Duration::from_secs(seconds));
        let hold = Self { until, seconds };
        (!hold.is_in_vain(judged)).then_some(hold)
    }

    /// Whether the job waits for the start of an attempt that is after the delay.
    fn is_in_vain(self, record: &JobRecord) -> bool {
        record.state == JobState::Scheduled && record.scheduled_start > self.until
    }

    /// `Preference-Applied`: the applied delay, which may be shorter than the preferred one.
    #[must_use]
    pub fn applied(self) -> String {
        format!("wait={}", self.seconds)
    }

    /// The record of the finished job, or the current record when the delay ends; `None` if it no longer exists.
    ///
    /// Reads are eventually consistent, at half the price: a job that such a read shows as finished has finished. If the delay
    /// ends without that, or if the next attempt starts after it, the record is read once more, consistently.
    ///
    /// # Errors
    /// [`StoreError`] of that last read. A failed read before it is ignored.
    pub async fn until_end(
        self,
        store: &JobStore,
        record: JobRecord,
    ) -> Result<Option<JobRecord>, StoreError> {
        let mut newest = record;
        let mut looks = Looks::new();
        while !newest.judged(clock()).state.is_completed() && self.seconds > 0 {
            if self.is_in_vain(&newest) {
                return store.get(&newest.id).await;
            }
            let now = clock();
            let pause = looks.pause(newest.estimated_end().map(|end| end.since(now)));
            let left = self.until.since(now);
            tokio::time::sleep(pause.min(left)).await;
            if pause >= left {
                return store.get(&newest.id).await;
            }
            let read = store.get_eventually_consistent(&newest.id);
            let look = tokio::time::timeout(self.until.since(clock()), read);
            if let Ok(Ok(Some(seen))) = look.await
                && is_no_older(&seen, &newest)
            {
                newest = seen;
            }
        }
        Ok(Some(newest))
    }
}

/// Whether a record is not older than the known one. An eventually consistent read can show an older version, or even the
/// finished job that the `Idempotency-Key` belonged to before.
fn is_no_older(seen: &JobRecord, known: &JobRecord) -> bool {
    seen.created_at == known.created_at && seen.version >= known.version
}

fn clock() -> Timestamp {
    Timestamp::from_clock(SystemTime::now())
}

/// The pauses between reads: 0.2 s, doubling to 3 s, shortened if the job should finish before.
struct Looks {
    next: Duration,
    early_looks_left: u8,
}

impl Looks {
    fn new() -> Self {
        Self {
            next: FIRST_PAUSE,
            early_looks_left: EARLY_LOOKS,
        }
    }

    fn pause(&mut self, estimate: Option<Duration>) -> Duration {
        let pause = self.next;
        let estimate = estimate.filter(|left| !left.is_zero() && *left < pause);
        if let Some(left) = estimate
            && self.early_looks_left > 0
        {
            self.early_looks_left -= 1;
            return left.max(FIRST_PAUSE);
        }
        self.next = (pause * 2).min(LONGEST_PAUSE);
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{LONGEST_HOLD, NewJob, test_kit};
    use serde_json::json;

    fn now() -> Timestamp {
        Timestamp::from_seconds(1_767_264_645)
    }

    /// A job that starts this many seconds from now.
    fn starting_in(seconds: u64) -> JobRecord {
        let job = NewJob {
            scheduled_start: now().plus(Duration::from_secs(seconds)),
            ..test_kit::new_job()
        };
        JobRecord::begin(job, now())
    }

    fn hold(wait: &str, left: Duration) -> Option<u64> {
        hold_for(&starting_in(0), LONGEST_HOLD, wait, left)
    }

    fn hold_for(record: &JobRecord, longest: Duration, wait: &str, left: Duration) -> Option<u64> {
        let event = json!({
            "version": "2.0", "routeKey": "$default", "rawPath": "/jobs", "rawQueryString": "",
            "headers": {"prefer": wait},
            "requestContext": {"http": {"method": "GET", "path": "/jobs"}, "stage": "$default", "requestId": "r1"},
        });
        let mut context = lambda_http::Context::default();
        context.deadline = now().plus(left).ms().try_into().unwrap();
        let incoming = Incoming::read(
            serde_json::from_str(&event.to_string()).unwrap(),
            &context,
            &crate::GatewayConfig::default(),
        );
        Hold::of(&incoming, longest, &record.judged(now())).map(|hold| hold.seconds)
    }

    #[test]
    fn an_answer_is_held_as_long_as_its_client_likes_and_the_function_can() {
        let seconds = Duration::from_secs;
        assert_eq!(hold("wait=7", seconds(29)), Some(7));
        assert_eq!(hold("wait=600", seconds(29)), Some(20));
        assert_eq!(hold("wait=600", seconds(900)), Some(20));
        assert_eq!(hold("wait=600", seconds(10)), Some(2));
        assert_eq!(hold("wait=600", seconds(3)), Some(0));
        assert_eq!(hold("wait=0", seconds(29)), Some(0));
        assert_eq!(hold("respond-async", seconds(29)), None);
    }

    #[test]
    fn a_deployment_may_hold_answers_for_less_time_or_never() {
        let held = |longest| {
            let longest = Duration::from_secs(longest);
            hold_for(
                &starting_in(0),
                longest,
                "wait=600",
                Duration::from_secs(29),
            )
        };
        assert_eq!(held(5), Some(5));
        assert_eq!(held(0), None);
    }

    #[test]
    fn a_job_that_starts_after_the_hold_is_not_waited_for() {
        let held =
            |record: &JobRecord| hold_for(record, LONGEST_HOLD, "wait=7", Duration::from_secs(29));
        assert_eq!(held(&starting_in(7)), Some(7));
        assert_eq!(held(&starting_in(8)), None);
        let runs = JobRecord {
            state: JobState::Started,
            ..starting_in(8)
        };
        assert_eq!(held(&runs), Some(7));
    }

    /// How many looks fit into the longest hold.
    fn count(mut estimate: impl FnMut(Duration) -> Option<Duration>) -> usize {
        let (mut looks, mut waited, mut count) = (Looks::new(), Duration::ZERO, 0);
        while waited < LONGEST_HOLD {
            waited += looks.pause(estimate(waited));
            count += 1;
        }
        count
    }

    #[test]
    fn a_dozen_looks_fill_the_longest_hold_whatever_the_job_says() {
        assert_eq!(count(|_| None), 10);
        assert_eq!(count(|_| Some(Duration::ZERO)), 10);
        assert_eq!(count(|_| Some(Duration::from_secs(3_600))), 10);
        assert_eq!(count(|_| Some(Duration::from_millis(1))), 12);
        assert_eq!(count(|waited| Some(waited / 3)), 12);
    }

    #[test]
    fn a_look_comes_when_the_job_should_be_done() {
        let mut looks = Looks::new();
        let unknown: Vec<_> = (0..6).map(|_| looks.pause(None).as_millis()).collect();
        assert_eq!(unknown, [200, 400, 800, 1_600, 3_000, 3_000]);
        let estimated = looks.pause(Some(Duration::from_millis(1_234)));
        assert_eq!(estimated.as_millis(), 1_234);
    }
}
