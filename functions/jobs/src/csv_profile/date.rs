//! Reading one field as a date.

/// A point in time, to compare dates by: seconds since 0000-01-01T00:00:00Z, and nanoseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Instant {
    seconds: i64,
    nanoseconds: u32,
}

/// A calendar date of ISO 8601 (`2024-02-29`), or a date and time.
///
/// The time follows `T`, `t` or a space; its seconds, their fraction of up to nine digits and the
/// offset from UTC (`Z`, `+01:00`, or `+01` as `PostgreSQL` writes it) may be missing: RFC 3339 and a
/// little more. Without an offset it is taken as UTC, without a time as midnight. Dates that no calendar has (the 30th of
/// February) are none; second 60 is one, for leap seconds.
pub(crate) fn date(field: &[u8]) -> Option<Instant> {
    let (day, rest) = field.split_at_checked(10)?;
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = *day else {
        return None;
    };
    let year = two(y1, y2)? * 100 + two(y3, y4)?;
    let days = days_before(year, two(m1, m2)?, two(d1, d2)?)?;
    let (seconds, nanoseconds) = match rest {
        [] => (0, 0),
        [b'T' | b't' | b' ', time @ ..] => time_of_day(time)?,
        _ => return None,
    };
    Some(Instant {
        seconds: days * 86_400 + seconds,
        nanoseconds,
    })
}

/// Days from 0000-01-01 to a date, if there is such a date.
fn days_before(year: i64, month: i64, day: i64) -> Option<i64> {
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if is_leap { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month.checked_sub(1)?).ok()?;
    if day < 1 || day > *months.get(index)? {
        return None;
    }
    // Year 0 is a leap year, hence the rounding up.
    let leap_days = (year + 3) / 4 - (year + 99) / 100 + (year + 399) / 400;
    let days_in_months: i64 = months.iter().take(index).sum();
    Some(year * 365 + leap_days + days_in_months + day - 1)
}

/// Seconds since midnight UTC (the offset may put them outside the day) and nanoseconds.
fn time_of_day(text: &[u8]) -> Option<(i64, u32)> {
    let [h1, h2, b':', m1, m2, rest @ ..] = text else {
        return None;
    };
    let (second, rest) = match rest {
        [b':', s1, s2, rest @ ..] => (below(two(*s1, *s2)?, 61)?, rest),
        _ => (0, rest),
    };
    let (nanoseconds, rest) = match rest {
        [b'.', rest @ ..] => fraction(rest)?,
        _ => (0, rest),
    };
    let hour = below(two(*h1, *h2)?, 24)?;
    let minute = below(two(*m1, *m2)?, 60)?;
    let local = hour * 3_600 + minute * 60 + second;
    Some((local - offset_seconds(rest)?, nanoseconds))
}

/// The nanoseconds of one to nine decimal digits, and what follows.
fn fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let count = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=9).contains(&count) {
        return None;
    }
    let (digits, rest) = text.split_at(count);
    let padded = digits
        .iter()
        .copied()
        .chain(std::iter::repeat(b'0'))
        .take(9);
    let nanoseconds = padded.fold(0, |value, byte| value * 10 + u32::from(byte - b'0'));
    Some((nanoseconds, rest))
}

fn offset_seconds(text: &[u8]) -> Option<i64> {
    let (sign, hours, minutes) = match text {
        [] | [b'Z' | b'z'] => return Some(0),
        [sign @ (b'+' | b'-'), h1, h2] => (sign, two(*h1, *h2)?, 0),
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => (sign, two(*h1, *h2)?, two(*m1, *m2)?),
        _ => return None,
    };
    let seconds = below(hours, 24)? * 3_600 + below(minutes, 60)? * 60;
    Some(if *sign == b'-' { -seconds } else { seconds })
}

fn two(tens: u8, ones: u8) -> Option<i64> {
    let both = tens.is_ascii_digit() && ones.is_ascii_digit();
    both.then(|| i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
}

fn below(value: i64, limit: i64) -> Option<i64> {
    (value < limit).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_dates_of_the_calendar_are_dates() {
        for text in ["2024-02-29", "2000-02-29", "0000-01-01", "9999-12-31"] {
            assert!(date(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "2023-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-01",
            "2024-04-31",
            "2024-01-00",
            "2024-1-1",
            "24-01-01",
            "2024/01/01",
            "20240101",
        ] {
            assert!(date(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn times_may_leave_out_their_smaller_parts() {
        for text in [
            "2024-01-01T10:00",
            "2024-01-01 10:00:60",
            "2024-01-01t10:00:00.123456789z",
            "2024-01-01T10:00:00+05:30",
            "2024-01-01 10:00:00.5-08",
        ] {
            assert!(date(text.as_bytes()).is_some(), "{text}");
        }
        for text in [
            "2024-01-01T",
            "2024-01-01T24:00",
            "2024-01-01T10",
            "2024-01-01T10:60",
            "2024-01-01T10:00:61",
            "2024-01-01T10:00:00.",
            "2024-01-01T10:00:00.1234567890",
            "2024-01-01T10:00+24:00",
            "2024-01-01X10:00",
            "2024-01-01Z",
        ] {
            assert!(date(text.as_bytes()).is_none(), "{text}");
        }
    }

    #[test]
    fn dates_compare_by_the_time_that_they_name() {
        let in_order = [
            "0000-12-31",
            "0001-01-01",
            "1999-12-31T23:59:59.9Z",
            "2000-01-01",
            "2000-01-01T00:30:00+00:29",
            "2000-01-01T00:00:00-00:02",
            "2000-02-29",
            "2000-03-01",
        ];
        let instants = in_order.map(|text| date(text.as_bytes()).unwrap());
        assert!(instants.is_sorted_by(|earlier, later| earlier < later));
        assert_eq!(date(b"2000-01-01"), date(b"1999-12-31T19:00-05"));
    }

    #[test]
    fn the_days_between_two_dates_are_counted() {
        // 400 years of the Gregorian calendar are 146,097 days.
        assert_eq!(
            days_before(2000, 1, 1),
            days_before(1600, 1, 1).map(|days| days + 146_097)
        );
        // As `date -d` has it: 1970-01-01 to 2024-03-01 are 19,783 days.
        assert_eq!(
            days_before(2024, 3, 1),
            days_before(1970, 1, 1).map(|days| days + 19_783)
        );
    }
}
