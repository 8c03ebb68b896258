//! Content negotiation: the representation that a client gets (RFC 9110, section 12.5.1).

use http::{HeaderMap, Method};

use crate::accept_header::{Accept, Quality};
use crate::{Incoming, Problem, ProblemKind, Representation};

impl Incoming {
    /// The available representation that the client prefers; among equal ones, the first. One that the client names comes before
    /// one of equal weight that only its wildcard covers.
    ///
    /// # Errors
    /// 406 if the client accepts none of them.
    pub fn choose(&self, available: &'static [Representation]) -> Result<Representation, Problem> {
        choice(&self.headers, available).ok_or_else(|| {
            let listed: Vec<_> = available.iter().map(|form| form.content_type()).collect();
            Problem::new(ProblemKind::NotAcceptable)
                .detail(format!(
                    "This resource is available as {}.",
                    listed.join(", ")
                ))
                .available(available)
        })
    }

    /// Whether the client is a browser that reads, so that a page is more useful than JSON.
    pub(crate) fn prefers_a_page(&self) -> bool {
        let accept = Accept::of(&self.headers);
        let page = quality(&accept, Representation::Html);
        let is_read = matches!(self.method, Method::GET | Method::HEAD);
        let problem = accept.quality("application/problem+json", None);
        is_read && page > quality(&accept, Representation::Json).max(problem)
    }
}

fn choice(headers: &HeaderMap, available: &[Representation]) -> Option<Representation> {
    let accept = Accept::of(headers);
    let mut best: Option<(Quality, Representation)> = None;
    for &form in available {
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

    fn chosen(accept: &[&str], available: &[Representation]) -> Option<Representation> {
        let mut headers = HeaderMap::new();
        for line in accept {
            headers.append("accept", line.parse().unwrap());
        }
        choice(&headers, available)
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
