//! The preferences of a client: `Prefer` (RFC 7240).

use std::time::Duration;

use http::HeaderMap;

/// The preferences that this service knows. Other and malformed ones are ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Preferences {
    /// `wait=n`: how long the client prefers to wait instead of polling.
    pub wait: Option<Duration>,
    /// `respond-async`: the client prefers a 202, which is the default for a submit.
    pub respond_async: bool,
}

impl Preferences {
    /// The preferences of a request. Of a repeated preference, the first one counts (section 2).
    #[must_use]
    pub fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all("prefer").iter();
        let lines: Vec<_> = lines.filter_map(|line| line.to_str().ok()).collect();
        let mut preferences = Self::default();
        let mut has_wait = false;
        for preference in lines.iter().flat_map(|line| unquoted_split(line, ',')) {
            // Parameters follow a semicolon; neither of the two has any.
            let preference = unquoted_split(preference, ';').next().unwrap_or_default();
            let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
            match name.trim().to_ascii_lowercase().as_str() {
                "wait" if !has_wait => {
                    has_wait = true;
                    preferences.wait = seconds(value.trim());
                }
                "respond-async" => preferences.respond_async = true,
                _ => {}
            }
        }
        preferences
    }
}

/// A number of seconds, with or without quotes. A number that is too large counts as the largest one.
fn seconds(word: &str) -> Option<Duration> {
    let quoted = word
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let digits = quoted.unwrap_or(word);
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    is_number.then(|| Duration::from_secs(digits.parse().unwrap_or(u64::MAX)))
}

/// The parts between the separators outside of quotes.
pub(crate) fn unquoted_split(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    text.split(move |character| {
        let was_escaped = std::mem::replace(&mut is_escaped, is_quoted && character == '\\');
        match character {
            _ if was_escaped => is_escaped = false,
            '"' => is_quoted = !is_quoted,
            _ => {}
        }
        character == separator && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str]) -> Preferences {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append("prefer", line.parse().unwrap());
        }
        Preferences::of(&headers)
    }

    fn wait(lines: &[&str]) -> Option<u64> {
        of(lines).wait.map(|wait| wait.as_secs())
    }

    #[test]
    fn a_wait_is_found_among_other_preferences_and_in_any_header() {
        for lines in [
            &["wait=7"][..],
            &["Wait = 7"],
            &["wait=\"7\""],
            &["wait=7; unit=s"],
            &["respond-async, wait=7"],
            &["respond-async", "wait=7"],
            &["foo=\"a, wait=1\", wait=7"],
            &["foo=\"a\\\", wait=1\";x=\"y,z\" , wait=7"],
            &["wait=7, wait=9"],
            &["wait=7", "wait=soon"],
            &[",,wait=007,"],
        ] {
            assert_eq!(wait(lines), Some(7), "{lines:?}");
        }
    }

    #[test]
    fn nonsense_is_ignored() {
        for lines in [
            &[][..],
            &[""],
            &["wait"],
            &["wait="],
            &["wait=\"\""],
            &["wait=soon"],
            &["wait=-1"],
            &["wait=1.5"],
            &["wait=+1"],
            &["await=7"],
            &["foo; wait=7"],
            &["foo=\"wait=7"],
            &["wait=soon, wait=7"],
        ] {
            assert_eq!(wait(lines), None, "{lines:?}");
        }
        assert_eq!(wait(&["wait=99999999999999999999999"]), Some(u64::MAX));
    }

    #[test]
    fn respond_async_is_a_word_of_its_own() {
        assert!(of(&["handling=lenient, Respond-Async; foo"]).respond_async);
        assert!(!of(&["respond-asynchronously"]).respond_async);
    }
}
