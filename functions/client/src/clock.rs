use std::time::Duration;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// An instant to the second in UTC, as in `2026-01-01 10:50:45Z`: the date, and the time of day.
pub fn date_and_time(instant: OffsetDateTime) -> (String, String) {
    let utc = instant.to_offset(time::UtcOffset::UTC);
    let time = format!("{:02}:{:02}:{:02}Z", utc.hour(), utc.minute(), utc.second());
    (utc.date().to_string(), time)
}

/// The time from `now` to a later instant; nothing when it has passed.
pub fn until(instant: OffsetDateTime, now: OffsetDateTime) -> Option<Duration> {
    Duration::try_from(instant - now)
        .ok()
        .filter(|left| !left.is_zero())
}

/// A duration as a person says it, in its one or two largest units: `0.4 s`, `12 s`, `2 min 10 s`, `3 h 5 min`, `2 d 1 h`.
pub fn spoken(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        1..10 if duration.subsec_millis() < 50 => format!("{seconds} s"),
        0..10 => format!("{:.1} s", duration.as_secs_f64()),
        10..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds % 86_400 / 3_600),
    }
}

/// Parses an RFC 3339 date and time.
pub fn parse_rfc3339(text: &str) -> Result<OffsetDateTime, time::error::Parse> {
    OffsetDateTime::parse(text, &Rfc3339)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_shown_in_utc() {
        let instant = parse_rfc3339("2026-01-01T00:30:05+02:00").unwrap();

        assert_eq!(
            date_and_time(instant),
            ("2025-12-31".to_owned(), "22:30:05Z".to_owned())
        );
    }

    #[test]
    fn a_moment_that_has_passed_has_no_time_left() {
        let now = parse_rfc3339("2026-01-01T00:00:10Z").unwrap();

        assert_eq!(
            until(parse_rfc3339("2026-01-01T00:00:12Z").unwrap(), now),
            Some(Duration::from_secs(2))
        );
        assert_eq!(until(now, now), None);
        assert_eq!(
            until(parse_rfc3339("2026-01-01T00:00:09Z").unwrap(), now),
            None
        );
    }

    #[test]
    fn durations_are_spoken_in_their_largest_units() {
        let spoken = |seconds: f64| super::spoken(Duration::from_secs_f64(seconds));

        assert_eq!(spoken(0.44), "0.4 s");
        assert_eq!(spoken(2.0), "2 s");
        assert_eq!(spoken(59.9), "59 s");
        assert_eq!(spoken(130.0), "2 min 10 s");
        assert_eq!(spoken(11_100.0), "3 h 5 min");
        assert_eq!(spoken(176_400.0), "2 d 1 h");
    }
}
