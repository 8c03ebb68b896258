//! Conditional requests (RFC 9110, section 13).

use engine::{Fingerprint, Judged};
use http::{Method, StatusCode};

use crate::{Answer, Incoming, Representation, html, retry_after};

/// The strong entity tag of a representation of a job: it changes with every write of the record, when the job ends without a
/// write, and with the media type.
#[must_use]
pub fn entity_tag(judged: &Judged<'_>, representation: &str) -> String {
    // The time of acceptance, because versions restart when the id of an `Idempotency-Key` gets a new job.
    let (created_ms, status) = (judged.created_at.ms(), judged.state.job_status());
    format!(
        "\"{created_ms}.{}.{}.{representation}\"",
        judged.version,
        status.to_ascii_lowercase()
    )
}

/// The strong entity tag of a job in this representation.
#[must_use]
pub fn job_tag(form: Representation, judged: &Judged<'_>) -> String {
    match form {
        Representation::Json => entity_tag(judged, "json"),
        Representation::AtomEntry | Representation::AtomFeed => entity_tag(judged, "atom"),
        // The page contains its scripts, the time until it checks again, and no way to cancel the job past its deadline: the tag depends on
        // all of them.
        Representation::Html => {
            let wait = retry_after(judged).unwrap_or(0);
            let is_late = judged.is_past_deadline(judged.at());
            let late = if is_late { ".late" } else { "" };
            entity_tag(judged, &format!("html.{}.{wait}{late}", html::version()))
        }
    }
}

impl Incoming {
    /// Whether the response with this entity tag has a body: neither the response to a HEAD nor a 304 has one.
    #[must_use]
    pub fn takes_body(&self, tag: &str) -> bool {
        self.method != Method::HEAD && !self.knows(tag)
    }

    /// Whether an `If-None-Match` names the entity tag.
    fn knows(&self, tag: &str) -> bool {
        let lines = self.headers.get_all("if-none-match").iter();
        let mut lines = lines.filter_map(|line| line.to_str().ok());
        lines.any(|line| names(line, tag))
    }
}

impl Answer {
    /// Returns this response to a read, or a 304 if an `If-None-Match` names its entity tag. A response without a tag gets one,
    /// made from its body.
    ///
    /// The 304 has the headers that a cache needs (section 15.4.5), and when to poll again.
    #[must_use]
    pub fn unless_known(mut self, incoming: &Incoming) -> Self {
        let is_read = matches!(incoming.method, Method::GET | Method::HEAD);
        if !is_read || !self.status.is_success() {
            return self;
        }
        let tag = self.headers.entry("etag").or_insert_with(|| {
            let digest = Fingerprint::of(self.body.as_bytes());
            format!("\"{}\"", &digest.as_str()[..32])
        });
        if !incoming.knows(tag) {
            return self;
        }
        self.headers.retain(|name, _| OF_A_304.contains(name));
        Self {
            headers: self.headers,
            ..Self::empty(StatusCode::NOT_MODIFIED)
        }
    }
}

/// The headers of a 304. The content type is among them because API Gateway adds `text/plain` to a response without one, and a
/// cache would take that for the type of the stored response.
const OF_A_304: [&str; 10] = [
    "cache-control",
    "content-location",
    "content-type",
    "etag",
    "expires",
    "link",
    "preference-applied",
    "retry-after",
    "sunset",
    "vary",
];

/// Whether an `If-None-Match` names the tag: in a list, in its weak form (section 8.8.3.2), or by `*`. A malformed list is read up
/// to the first error.
fn names(if_none_match: &str, tag: &str) -> bool {
    if if_none_match.trim() == "*" {
        return true;
    }
    let mut rest = if_none_match;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let quoted = rest.strip_prefix("W/").unwrap_or(rest);
        let Some(end) = quoted.strip_prefix('"').and_then(|inner| inner.find('"')) else {
            return false;
        };
        let (candidate, behind) = quoted.split_at(end + 2);
        rest = behind.trim_start_matches([' ', '\t']);
        let is_whole = rest.is_empty() || rest.starts_with(',');
        if !is_whole || candidate == tag {
            return is_whole;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_found_in_a_list_and_in_its_weak_form() {
        for header in [
            "\"1\"",
            "\"0\", \"1\"",
            "\"0\",\"1\",\"2\"",
            ", \"a,b\" ,\t\"1\"",
            "W/\"1\"",
            "*",
            " * ",
            " \"0\" , W/\"1\" ",
        ] {
            assert!(names(header, "\"1\""), "{header}");
        }
        for header in [
            "",
            "1",
            "\"11\"",
            "W/1",
            "w/\"1\"",
            "\"1",
            "\"0\",\"2\"",
            "\"0\" \"1\"",
            "\"1\"x",
            "\"0,\"1\"",
            "\"0\", *",
            "**",
        ] {
            assert!(!names(header, "\"1\""), "{header}");
        }
    }
}
