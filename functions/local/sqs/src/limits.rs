//! Ranges of the SQS API reference and the checks of single values.

use std::ops::RangeInclusive;

use super::error::{Code, Error, Result};

/// Largest message, and largest batch, in bytes (since August 2025).
pub(super) const MAX_MESSAGE_BYTES: u32 = 1_048_576;
/// Longest delay of a message: 15 minutes.
pub(super) const DELAY_S: RangeInclusive<i64> = 0..=900;
/// Longest visibility timeout: 12 hours.
pub(super) const VISIBILITY_S: RangeInclusive<i64> = 0..=MAX_VISIBILITY_S;
pub(super) const MAX_VISIBILITY_S: i64 = 43_200;
/// Longest poll.
pub(super) const WAIT_S: RangeInclusive<i64> = 0..=20;
/// Retention: one minute to fourteen days.
pub(super) const RETENTION_S: RangeInclusive<i64> = 60..=1_209_600;
/// Messages that one receive may ask for.
pub(super) const RECEIVE_COUNT: RangeInclusive<i64> = 1..=10;
/// Minimum time between two purges of a queue, and between the deletion of a queue and a new queue with its name.
pub(super) const COOL_DOWN_MS: u64 = 60_000;

/// Returns the parameter's value, or an error if it is missing.
pub(super) fn required<T>(value: Option<T>, name: &str) -> Result<T> {
    value.ok_or_else(|| {
        Code::MissingParameter.because(format!("The request must contain the parameter {name}."))
    })
}

/// Returns the number if it is within its range.
pub(super) fn within(value: i64, name: &str, range: &RangeInclusive<i64>) -> Result<u32> {
    let (least, most) = (range.start(), range.end());
    u32::try_from(value)
        .ok()
        .filter(|_| range.contains(&value))
        .ok_or_else(|| {
            Error::parameter(name, value, &format!("Must be between {least} and {most}."))
        })
}

/// Returns the number in the request if it is within its range, or the default without one.
pub(super) fn within_or(
    value: Option<i64>,
    default: u32,
    name: &str,
    range: &RangeInclusive<i64>,
) -> Result<u32> {
    value.map_or(Ok(default), |value| within(value, name, range))
}

/// Text that XML 1.0 can represent: `#x9 #xA #xD`, `#x20-#xD7FF`, `#xE000-#xFFFD` and `#x10000-#x10FFFF`.
pub(super) fn check_text(text: &str) -> Result<()> {
    let legal = |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    match text.chars().find(|c| !legal(*c)) {
        None => Ok(()),
        Some(bad) => {
            let code_point = u32::from(bad);
            Err(Code::InvalidMessageContents
                .because(format!("Invalid character #x{code_point:X} was found.")))
        }
    }
}

/// A name of a standard queue: 1 to 80 letters, digits, hyphens and underscores.
pub(super) fn check_queue_name(name: &str) -> Result<()> {
    if name.strip_suffix(".fifo").is_some() {
        return Err(fifo_unsupported());
    }
    if is_word(name) {
        return Ok(());
    }
    Err(Code::InvalidParameterValue.because(
        "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.",
    ))
}

/// Up to 80 letters, digits, hyphens and underscores: queue names and the ids of batch entries.
pub(super) fn is_word(text: &str) -> bool {
    let legal = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (1..=80).contains(&text.len()) && text.bytes().all(legal)
}

/// A message group: up to 128 letters, digits and punctuation.
pub(super) fn check_group_id(group: &str) -> Result<()> {
    if (1..=128).contains(&group.len()) && group.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(());
    }
    let reason = "MessageGroupId can only include alphanumeric and punctuation characters. 1 to 128 in length.";
    Err(Error::parameter("MessageGroupId", group, reason))
}

pub(super) fn fifo_unsupported() -> Error {
    Code::UnsupportedOperation
        .because("FIFO queues are not supported here; this is a queue of standard queues only.")
}
