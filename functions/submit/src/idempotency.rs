//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header).

use api::{Incoming, Problem, ProblemKind};

const MAX_CHARS: usize = 255;

/// The request's key: a structured-field string (RFC 8941), or the same without its quotes.
///
/// # Errors
/// A 400 when the header is there and is no string of 1 to 255 visible characters.
pub(crate) fn key(incoming: &Incoming) -> Result<Option<String>, Problem> {
    let Some(value) = incoming.headers.get("idempotency-key") else {
        return Ok(None);
    };
    let key = value.to_str().ok().and_then(|text| unquoted(text.trim()));
    let key = key.filter(|key| {
        (1..=MAX_CHARS).contains(&key.len()) && key.bytes().all(|b| (0x20..0x7f).contains(&b))
    });
    key.map(Some)
        .ok_or_else(|| Problem::new(ProblemKind::InvalidIdempotencyKey))
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
