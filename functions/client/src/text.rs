//! Text for a terminal.

use std::time::Duration;

use indicatif::HumanDuration;

/// Text that is safe on a terminal and stays on its line: every run of whitespace and control characters becomes one space.
pub(crate) fn printable(text: &str) -> String {
    let words = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// A duration in its largest unit, with tenths of a second if it is short: `0.4 s`, `12 seconds`, `2 minutes`.
pub(crate) fn spoken(duration: Duration) -> String {
    if duration < Duration::from_secs(10) {
        return format!("{:.1} s", duration.as_secs_f64());
    }
    HumanDuration(duration).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_move_the_cursor_becomes_a_space() {
        assert_eq!(printable("a\r\n\tb\u{1b}[2Jc "), "a b [2Jc");
    }

    #[test]
    fn short_durations_have_tenths() {
        assert_eq!(spoken(Duration::from_millis(440)), "0.4 s");
        assert_eq!(spoken(Duration::from_secs(150)), "3 minutes");
    }
}
