//! Conditional requests (RFC 9110, section 13).

use engine::{JobRecord, Timestamp};

use crate::{Representation, retry_after};

/// The strong entity tag of a representation of a record as it was judged: it changes with every write of the record, with
/// what a deadline makes of it, and with the media type.
#[must_use]
pub fn entity_tag(judged: &JobRecord, representation: &str) -> String {
    // The time of acceptance, because versions begin anew when the id of an `Idempotency-Key` gets a new job.
    let (created_ms, status) = (judged.created_at.ms(), judged.state.job_status());
    format!(
        "\"{created_ms}.{}.{}.{representation}\"",
        judged.version,
        status.to_ascii_lowercase()
    )
}

/// The strong entity tag of a job in this form.
#[must_use]
pub fn job_tag(form: Representation, judged: &JobRecord, now: Timestamp) -> String {
    match form {
        Representation::Json => entity_tag(judged, "json"),
        Representation::AtomEntry | Representation::AtomFeed => entity_tag(judged, "atom"),
        // The page says itself when it looks again, so that is a part of what the tag stands for.
        Representation::Html => {
            let wait = retry_after(judged, now).unwrap_or(0);
            entity_tag(judged, &format!("html.{wait}"))
        }
    }
}

/// Whether an `If-None-Match` names the tag: one of a list, a weak form of it, or `*`.
#[must_use]
pub fn matches(if_none_match: &str, tag: &str) -> bool {
    let mut named = if_none_match.split(',').map(str::trim);
    named.any(|candidate| {
        candidate == "*" || candidate.strip_prefix("W/").unwrap_or(candidate) == tag
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_and_in_its_weak_form() {
        for header in ["\"1\"", "\"0\", \"1\"", "W/\"1\"", "*", " \"0\" , W/\"1\" "] {
            assert!(matches(header, "\"1\""), "{header}");
        }
        for header in ["", "1", "\"11\"", "W/1", "\"1", "\"0\",\"2\""] {
            assert!(!matches(header, "\"1\""), "{header}");
        }
    }
}
