//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

use api::{Incoming, Problem, ProblemKind};

/// Long enough for any UUID or digest, short enough for a header.
const MAX_CHARS: usize = 255;

/// The key of a submit. An event of a schedule must have one.
///
/// # Errors
/// 400 if it is missing there, or is not valid.
pub(crate) fn key_of_submit(incoming: &Incoming) -> Result<Option<String>, Problem> {
    let key = key(incoming)?;
    if key.is_none() && incoming.is_scheduled {
        return Err(missing_in_schedule());
    }
    Ok(key)
}

/// The request's key: a structured-field string (RFC 8941), with or without its quotes.
///
/// # Errors
/// 400 if the header is present but is not a string of 1 to 255 visible characters.
fn key(incoming: &Incoming) -> Result<Option<String>, Problem> {
    let mut values = incoming.headers.get_all("idempotency-key").iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let key = value.to_str().ok().and_then(|text| unquoted(text.trim()));
    let is_key = |key: &String| {
        (1..=MAX_CHARS).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic())
    };
    let key = key.filter(is_key).filter(|_| values.next().is_none());
    key.map(Some)
        .ok_or_else(|| Problem::new(ProblemKind::InvalidIdempotencyKey))
}

/// The problem of a schedule's event without a key. Lambda repeats an event whose answer was lost, and Scheduler may deliver it twice: each
/// time would be one more job.
fn missing_in_schedule() -> Problem {
    let detail = "An event of a schedule must have an Idempotency-Key that contains the scheduled time. Without one, each repeated delivery would be one more job. Nothing was stored.";
    Problem::new(ProblemKind::InvalidIdempotencyKey).detail(detail)
}

fn unquoted(text: &str) -> Option<String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let is_plain = text
            .bytes()
            .all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
        return is_plain.then(|| text.to_owned());
    };
    let mut key = String::new();
    let mut characters = quoted.chars();
    loop {
        match characters.next()? {
            '"' => return characters.as_str().is_empty().then_some(key),
            '\\' => key.push(characters.next().filter(|c| matches!(c, '"' | '\\'))?),
            other => key.push(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_quoted_string_or_the_same_without_quotes() {
        assert_eq!(
            unquoted("\"8e03978e-40d5\"").as_deref(),
            Some("8e03978e-40d5")
        );
        assert_eq!(unquoted("8e03978e-40d5").as_deref(), Some("8e03978e-40d5"));
        assert_eq!(unquoted(r#""a \"b\" \\""#).as_deref(), Some(r#"a "b" \"#));
        for text in ["\"open", "\"a\"b", "a b", "a\"b", "\"\\x\"", "\"\\"] {
            assert_eq!(unquoted(text), None, "{text}");
        }
    }
}
