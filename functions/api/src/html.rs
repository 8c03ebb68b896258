//! Pages for people. A page loads no other resource; its headers say what it may run and where it may connect to.

mod documents;
mod job;
mod list;

use std::fmt::Display;

use engine::Judged;
use http::StatusCode;

use crate::answer::HTML;
use crate::markup::Escaped;
use crate::{Answer, Representation};

pub(crate) use documents::{DescribedProblem, problem_answer};
pub use documents::{home_page, problem_type_page};
pub(crate) use job::{JobView, job_page};
pub use list::{JobList, list_page};

const STYLE: &str = include_str!("html/page.css");
const SCRIPT: &str = include_str!("html/page.js");

/// Allows only the one style and the one script (by their SHA-256), and requests to the origin of the page.
const POLICY: &str = "default-src 'none'; \
    style-src 'sha256-J4H4YTzZ0vYfBxB9MUOGJJ4FtUZ6KIfqDYqEZ4tRjjg='; \
    script-src 'sha256-ZB4jymL+Is2gZC3Y5bURNQewO4NQKEdD4lcBr+j6VKg='; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The frame of a page.
struct Page<'a> {
    title: &'a str,
    /// The class that gives the page its color.
    tone: &'a str,
    /// Seconds until the page checks again; `None` if nothing will change.
    wait: Option<u64>,
    /// The entity tag of the page, for checking again.
    tag: &'a str,
}

impl Page<'_> {
    /// The document. `main` is markup.
    fn around(&self, main: impl Display) -> String {
        let Self {
            title, tone, tag, ..
        } = self;
        let (title, tag) = (Escaped(title), Escaped(tag));
        // With scripting, the page follows the job by itself, and a reload would only disturb.
        let (following, refresh, script) = match self.wait {
            None => Default::default(),
            Some(wait) => (
                format!(" data-wait=\"{wait}\" data-tag=\"{tag}\""),
                format!("<noscript><meta http-equiv=\"refresh\" content=\"{wait}\"></noscript>\n"),
                format!("<script>{SCRIPT}</script>\n"),
            ),
        };
        format!(
            "<!doctype html>\n<html lang=\"en\"{following}>\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n{refresh}<style>{STYLE}</style>\n</head>\n\
             <body class=\"{tone}\">\n{main}{script}</body>\n</html>\n"
        )
    }
}

/// A response with a page, and with the headers that keep it from doing harm in a browser.
pub(crate) fn answer(status: StatusCode, page: String) -> Answer {
    Answer::new(status, HTML, page)
        .with("content-security-policy", POLICY)
        .with("referrer-policy", "no-referrer")
        .with("x-content-type-options", "nosniff")
        .with("x-robots-tag", "noindex")
}

impl Answer {
    /// A response with a resource in this representation.
    #[must_use]
    pub fn of(form: Representation, status: StatusCode, body: String) -> Self {
        match form {
            Representation::Html => answer(status, body),
            Representation::Json | Representation::AtomEntry | Representation::AtomFeed => {
                Self::new(status, form.content_type(), body)
            }
        }
    }
}

/// The latest report of a job. Before the first, its summary is its title, which the page shows elsewhere.
fn latest_report<'a>(job: &'a Judged<'_>) -> &'a str {
    if job.title.as_ref() == Some(&job.summary) {
        ""
    } else {
        &job.summary
    }
}

/// `2026-01-01 10:50:45 UTC` for people, and the exact time for the script, which shows it in the reader's time zone.
fn time(at: engine::Timestamp) -> String {
    let exact = at.to_string();
    let seconds = exact.get(..19).unwrap_or(&exact).replace('T', " ");
    format!("<time datetime=\"{exact}\">{seconds} UTC</time>")
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn the_policy_names_the_style_and_the_script_as_they_are() {
        for (directive, text) in [("style-src", STYLE), ("script-src", SCRIPT)] {
            let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text));
            let expected = format!("{directive} 'sha256-{digest}';");
            assert!(POLICY.contains(&expected), "the policy needs {expected}");
        }
    }
}
