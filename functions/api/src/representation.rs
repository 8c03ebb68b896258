//! In which form a client wants its answer (RFC 9110, section 12.5.1).

use http::{HeaderMap, Method};

use crate::accept::{Accept, Quality};
use crate::{Incoming, Problem, ProblemKind};

/// A form in which a resource can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Representation {
    /// `application/json`
    Json,
    /// `application/atom+xml;type=entry`
    AtomEntry,
    /// `application/atom+xml;type=feed`
    AtomFeed,
    /// `text/html`
    Html,
}

impl Representation {
    /// Representations of a job. A client that states no preference gets the first.
    pub const OF_JOB: &'static [Self] = &[Self::Json, Self::AtomEntry, Self::Html];

    /// What there is of a job in the answer to a command: no browser sends one that expects a page.
    pub const OF_COMMAND: &'static [Self] = &[Self::Json, Self::AtomEntry];

    /// What there is of the list of jobs.
    pub const OF_LIST: &'static [Self] = &[Self::Json, Self::AtomFeed, Self::Html];

    /// What there is of a document that says what there is.
    pub const OF_DOCUMENT: &'static [Self] = &[Self::Json, Self::Html];

    /// What there is of a result, and of the OpenAPI document.
    pub const OF_RESULT: &'static [Self] = &[Self::Json];

    /// What there is behind a monitor link: a page for a person.
    pub const OF_MONITOR: &'static [Self] = &[Self::Html];

    /// The `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => crate::JSON,
            Self::AtomEntry => "application/atom+xml;type=entry",
            Self::AtomFeed => "application/atom+xml;type=feed",
            Self::Html => "text/html;charset=utf-8",
        }
    }

    /// The media type as `Accept` names it: type, and what tells the two kinds of Atom documents apart.
    const fn media_type(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Json => ("application/json", None),
            Self::AtomEntry => ("application/atom+xml", Some("entry")),
            Self::AtomFeed => ("application/atom+xml", Some("feed")),
            Self::Html => ("text/html", None),
        }
    }
}

impl Incoming {
    /// The form that the client likes best of those that there are; of two that it likes the same, the first. A form that it
    /// names comes before one of equal weight that only its wildcard covers.
    ///
    /// # Errors
    /// A 406 when it takes none of them.
    pub fn choose(&self, there_are: &'static [Representation]) -> Result<Representation, Problem> {
        choice(&self.headers, there_are).ok_or_else(|| {
            let listed: Vec<_> = there_are.iter().map(|form| form.content_type()).collect();
            Problem::new(ProblemKind::NotAcceptable)
                .detail(format!(
                    "This resource is available as {}.",
                    listed.join(", ")
                ))
                .available(there_are)
        })
    }

    /// Whether it is a person at a browser who looks, and a page says more to them than JSON.
    pub(crate) fn prefers_a_page(&self) -> bool {
        let accept = Accept::of(&self.headers);
        let page = quality(&accept, Representation::Html);
        let is_read = matches!(self.method, Method::GET | Method::HEAD);
        let problem = accept.quality("application/problem+json", None);
        is_read && page > quality(&accept, Representation::Json).max(problem)
    }
}

fn choice(headers: &HeaderMap, there_are: &[Representation]) -> Option<Representation> {
    let accept = Accept::of(headers);
    let mut best: Option<(Quality, Representation)> = None;
    for &form in there_are {
        let quality = quality(&accept, form);
        if quality.is_acceptable() && best.is_none_or(|(highest, _)| quality > highest) {
            best = Some((quality, form));
        }
    }
    best.map(|(_, form)| form)
}

fn quality(accept: &Accept, form: Representation) -> Quality {
    let (media_type, kind) = form.media_type();
    accept.quality(media_type, kind)
}

#[cfg(test)]
mod tests {
    use super::Representation::{AtomEntry, AtomFeed, Html, Json};
    use super::*;

    fn chosen(accept: &[&str], there_are: &[Representation]) -> Option<Representation> {
        let mut headers = HeaderMap::new();
        for line in accept {
            headers.append("accept", line.parse().unwrap());
        }
        choice(&headers, there_are)
    }

    fn of_job(accept: &str) -> Option<Representation> {
        chosen(&[accept], Representation::OF_JOB)
    }

    #[test]
    fn who_does_not_say_gets_json() {
        assert_eq!(chosen(&[], Representation::OF_JOB), Some(Json));
        for accept in [
            "*/*",
            "",
            " , ",
            "application/*",
            "nonsense",
            ";;;q=",
            "a/b/c",
        ] {
            assert_eq!(of_job(accept), Some(Json), "{accept}");
        }
    }

    #[test]
    fn a_browser_gets_the_page() {
        for accept in [
            "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8",
            "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
            "text/*",
            "TEXT/HTML",
        ] {
            assert_eq!(of_job(accept), Some(Html), "{accept}");
        }
    }

    #[test]
    fn a_feed_reader_gets_the_entry_and_the_feed() {
        for accept in [
            "application/atom+xml",
            "application/atom+xml;type=entry",
            "application/atom+xml; type=\"entry\"",
            "application/atom+xml;TYPE=Entry;q=0.5, application/json;q=0.4",
        ] {
            assert_eq!(of_job(accept), Some(AtomEntry), "{accept}");
        }
        let of_list = |accept| chosen(&[accept], Representation::OF_LIST);
        assert_eq!(of_list("application/atom+xml"), Some(AtomFeed));
        assert_eq!(of_list("application/atom+xml;type=feed"), Some(AtomFeed));
    }

    #[test]
    fn a_form_that_the_client_names_comes_before_one_that_its_wildcard_covers() {
        let of_an_atompub_client = "application/atom+xml, application/atomsvc+xml, */*";
        assert_eq!(of_job(of_an_atompub_client), Some(AtomEntry));
        let of_list = chosen(&[of_an_atompub_client], Representation::OF_LIST);
        assert_eq!(of_list, Some(AtomFeed));
        assert_eq!(of_job("text/html, */*"), Some(Html));
        assert_eq!(of_job("application/*, */*"), Some(Json));
        assert_eq!(of_job("application/atom+xml;q=0.9, */*"), Some(Json));
    }

    #[test]
    fn the_highest_quality_wins_and_of_the_same_the_first_that_there_is() {
        assert_eq!(
            of_job("application/json;q=0.2, text/html;q=0.3"),
            Some(Html)
        );
        assert_eq!(of_job("text/html, application/json"), Some(Json));
        assert_eq!(of_job("text/html;q=0.001, */*;q=0"), Some(Html));
    }

    #[test]
    fn header_lines_are_one_list() {
        let accept = ["text/html;q=0.2", "application/atom+xml;q=0.7"];
        assert_eq!(chosen(&accept, Representation::OF_JOB), Some(AtomEntry));
    }

    #[test]
    fn none_acceptable_is_none() {
        for accept in [
            "image/png",
            "*/*;q=0",
            "application/json;q=0, text/html;q=0.0, application/atom+xml;q=0.000",
            "text/plain, application/atom+xml;type=feed",
        ] {
            assert_eq!(of_job(accept), None, "{accept}");
        }
        assert_eq!(chosen(&["text/html"], Representation::OF_RESULT), None);
    }
}
