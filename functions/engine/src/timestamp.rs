//! Points in time: epoch milliseconds inside, RFC 3339 outside.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_dynamodb::primitives::{DateTime, DateTimeFormat};

/// A point in time in milliseconds since 1970-01-01T00:00:00Z. Negative values never arise: parsing refuses them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// 9999-12-31T23:59:59.999Z, the last instant that RFC 3339 can write.
const LAST_MS: i64 = 253_402_300_799_999;

/// Maximum timeout of a Lambda function: 15 minutes.
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-timeout.html>
const LONGEST_INVOCATION_MS: i64 = 900_000;

impl Timestamp {
    /// From epoch milliseconds, clamped to what RFC 3339 can write (years 1970 to 9999).
    #[must_use]
    pub fn from_ms(ms: i64) -> Self {
        Self(ms.clamp(0, LAST_MS))
    }

    /// From epoch seconds, the unit of the table's TTL attribute.
    #[must_use]
    pub fn from_seconds(seconds: i64) -> Self {
        Self::from_ms(seconds.saturating_mul(1000))
    }

    /// From the system's clock. Only function handlers call this; all other code takes `now` as a parameter.
    #[must_use]
    pub fn from_clock(clock: SystemTime) -> Self {
        let since_epoch = clock.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self::from_ms(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }

    /// The end of an invocation that is running at `now`, from the deadline that the Runtime API states (epoch milliseconds).
    ///
    /// `cargo lambda watch` states 600,000 for every invocation: its duration, not its end. No deadline is in the first minutes of 1970, so
    /// a number up to the maximum duration of an invocation counts from `now`.
    #[must_use]
    pub fn of_deadline(ms: u64, now: Self) -> Self {
        let ms = i64::try_from(ms).unwrap_or(i64::MAX);
        if ms <= LONGEST_INVOCATION_MS {
            return Self::from_ms(now.0.saturating_add(ms));
        }
        Self::from_ms(ms)
    }

    /// Epoch milliseconds.
    #[must_use]
    pub fn ms(self) -> i64 {
        self.0
    }

    /// The time as HTTP headers write it (RFC 9110, section 5.6.7): `Thu, 01 Jan 2026 10:50:45 GMT`.
    #[must_use]
    pub fn http_date(self) -> String {
        let whole_seconds = DateTime::from_secs(self.0 / 1_000);
        // Every value of the type lies in years that the format can write (see `from_ms`).
        whole_seconds
            .fmt(DateTimeFormat::HttpDate)
            .unwrap_or_default()
    }

    /// Whole epoch seconds, rounded up, so that nothing expires before its time.
    #[must_use]
    pub fn seconds_rounded_up(self) -> i64 {
        self.0.saturating_add(999) / 1000
    }

    /// The time `span` after this one.
    #[must_use]
    pub fn plus(self, span: Duration) -> Self {
        let ms = i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
        Self::from_ms(self.0.saturating_add(ms))
    }

    /// The time from `earlier` to this one; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Reads an RFC 3339 date-time with any offset; `None` if the text is anything else, or is outside the years 1970 to 9999.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let time = DateTime::from_str(text, DateTimeFormat::DateTimeWithOffset).ok()?;
        let ms = time.to_millis().ok()?;
        (0..=LAST_MS).contains(&ms).then_some(Self(ms))
    }

    /// Reads a time of an HTTP header (RFC 9110, section 5.6.7); `None` if the text is anything else.
    #[must_use]
    pub fn parse_http_date(text: &str) -> Option<Self> {
        let time = DateTime::from_str(text, DateTimeFormat::HttpDate).ok()?;
        Some(Self::from_seconds(time.secs()))
    }
}

/// RFC 3339 in UTC; milliseconds are written when there are any (`2026-01-01T10:50:45.25Z`).
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = DateTime::from_millis(self.0).fmt(DateTimeFormat::DateTime);
        // Every value of the type lies in years that the format can write (see `from_ms`).
        f.write_str(&text.map_err(|_| fmt::Error)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_of_http_has_whole_seconds_in_gmt() {
        let date = |text| Timestamp::parse_rfc3339(text).unwrap().http_date();
        assert_eq!(
            date("2026-01-01T10:50:45Z"),
            "Thu, 01 Jan 2026 10:50:45 GMT"
        );
        let read = Timestamp::parse_http_date("Thu, 01 Jan 2026 10:50:45 GMT");
        assert_eq!(read, Some(Timestamp::from_seconds(1_767_264_645)));
        assert_eq!(Timestamp::parse_http_date("yesterday"), None);
        assert_eq!(
            date("1994-11-06T09:49:37.999+01:00"),
            "Sun, 06 Nov 1994 08:49:37 GMT"
        );
    }

    #[test]
    fn a_time_is_written_as_rfc_3339_in_utc() {
        assert_eq!(
            Timestamp::from_seconds(1_767_264_645).to_string(),
            "2026-01-01T10:50:45Z"
        );
        assert_eq!(
            Timestamp::from_ms(1_767_264_645_250).to_string(),
            "2026-01-01T10:50:45.25Z"
        );
    }

    #[test]
    fn an_offset_is_understood_and_turned_to_utc() {
        let time = Timestamp::parse_rfc3339("2026-01-01T12:50:45+02:00").unwrap();
        assert_eq!(time.to_string(), "2026-01-01T10:50:45Z");
    }

    #[test]
    fn what_is_no_date_time_is_refused() {
        for text in [
            "",
            "2026-01-01",
            "tomorrow",
            "2026-13-01T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "2026-01-01T10:50:45",
        ] {
            assert_eq!(Timestamp::parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn seconds_are_rounded_up_so_that_nothing_expires_early() {
        assert_eq!(Timestamp::from_ms(1_000).seconds_rounded_up(), 1);
        assert_eq!(Timestamp::from_ms(1_001).seconds_rounded_up(), 2);
    }

    #[test]
    fn a_deadline_is_a_moment_and_a_short_time_counts_from_now() {
        let now = Timestamp::from_seconds(1_767_264_645);
        let in_a_minute = now.plus(Duration::from_secs(60));
        let ends = |ms: i64| Timestamp::of_deadline(ms.try_into().unwrap(), now);
        assert_eq!(ends(in_a_minute.ms()), in_a_minute);
        assert_eq!(ends(now.ms() - 1), Timestamp::from_ms(now.ms() - 1));
        assert_eq!(ends(600_000), now.plus(Duration::from_secs(600)));
        assert_eq!(ends(900_000), now.plus(Duration::from_secs(900)));
        assert_eq!(ends(900_001), Timestamp::from_ms(900_001));
    }

    #[test]
    fn sums_saturate_at_the_last_writable_instant() {
        let last = Timestamp::from_ms(i64::MAX);
        assert_eq!(
            last.plus(Duration::MAX).to_string(),
            "9999-12-31T23:59:59.999Z"
        );
    }
}
