//! Pages for people. A page loads no other resource; its headers say what it may run and where it may connect to.
//!
//! Every URL in a page begins with the base URL of the deployment, and the scripts take their URLs from the page and from responses. So a
//! proxy can serve the pages under another URL.

mod control;
mod documents;
mod field;
mod filter;
mod form;
mod job;
mod list;

use std::fmt::Display;

use engine::Judged;
use http::StatusCode;

use crate::answer::HTML;
use crate::markup::Escaped;
use crate::report::word;
use crate::{Answer, Representation};

pub(crate) use documents::problem_answer;
pub use documents::{home_page, problem_type_page};
pub use form::{KindForm, form_answer};
pub(crate) use job::job_page;
pub use list::{JobList, list_page};

/// A style sheet or a script that pages contain.
struct Embedded {
    text: &'static str,
    /// Its SHA-256, by which the policy allows it.
    sha256: &'static str,
}

const STYLE: Embedded = Embedded {
    text: include_str!("html/page.css"),
    sha256: "VE8ox0PJHkulunn82/QnNZCL7AYvls3sUO0NQuVsres=",
};
/// Shows times in the time zone of the reader.
const TIMES: Embedded = Embedded {
    text: include_str!("html/times.js"),
    sha256: "oP7FB8Mmdf7QXAHTz7XMzjLACP3UrlgbHPttk5mUfe0=",
};
/// Keeps a page up to date. It needs [`TIMES`].
const FOLLOW: Embedded = Embedded {
    text: include_str!("html/follow.js"),
    sha256: "0pTADnRBl7OO7SMFRyNEhpm5vuUy+ykWKH1JHcJQKbc=",
};
/// The part of [`FOLLOW`] for lists.
const LIST: Embedded = Embedded {
    text: include_str!("html/list.js"),
    sha256: "FErIzCt40jWdiqxCrX9BbL+xdKx6z3FyspbbVkYQOxE=",
};
/// The commands of a job's owner.
const JOB: Embedded = Embedded {
    text: include_str!("html/job.js"),
    sha256: "CiQJ1X3NHO4U47GDrQLhTYlyWUEco83PJk12eYPG29E=",
};
/// Submits a form.
const FORM: Embedded = Embedded {
    text: include_str!("html/form.js"),
    sha256: "raCCFYFCOV+xt5rRrASkrydYo89/17vysmJqf2hZLL4=",
};

/// Allows only our style and our scripts, and requests to the origin of the page and to `other`.
fn policy(other: Option<&str>) -> String {
    let scripts = [TIMES, FOLLOW, LIST, JOB, FORM];
    let scripts = scripts.map(|script| format!(" 'sha256-{}'", script.sha256));
    let other = other.map(|origin| format!(" {origin}"));
    format!(
        "default-src 'none'; style-src 'sha256-{}'; script-src{}; connect-src 'self'{}; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'",
        STYLE.sha256,
        scripts.concat(),
        other.unwrap_or_default()
    )
}

/// Changes with the style and the scripts of a job's page.
pub(crate) fn version() -> String {
    let parts = [STYLE, TIMES, FOLLOW, JOB].iter();
    parts.filter_map(|part| part.sha256.get(..4)).collect()
}

/// The frame of a page.
#[derive(Default)]
struct Page<'a> {
    title: &'a str,
    /// The class that gives the page its color.
    tone: &'a str,
    /// The beginning of the links to the other pages; `None` if the reader may not see those.
    base_url: Option<&'a str>,
    /// Seconds until the page checks again; `None` if nothing will change.
    wait: Option<u64>,
    /// The entity tag of the page for checking again. Empty: unknown, and then the page does not reload without script.
    tag: &'a str,
    scripts: &'a [Embedded],
}

impl Page<'_> {
    /// The document. `main` is markup.
    fn around(&self, main: impl Display) -> String {
        let Self { tone, .. } = self;
        let (title, tag) = (Escaped(self.title), Escaped(self.tag));
        let following = self.wait.map_or_else(String::new, |wait| {
            format!(" data-wait=\"{wait}\" data-tag=\"{tag}\"")
        });
        // With scripting, the page follows the job by itself, and a reload would only disturb.
        let refresh = self.wait.filter(|_| !self.tag.is_empty());
        let refresh = refresh.map_or_else(String::new, |wait| {
            format!("<noscript><meta http-equiv=\"refresh\" content=\"{wait}\"></noscript>\n")
        });
        let header = self.base_url.map_or_else(String::new, |base_url| {
            let base_url = Escaped(base_url);
            format!(
                "<header><nav aria-label=\"Pages\"><a class=\"brand\" href=\"{base_url}/\">Accepted</a> \
                 <a href=\"{base_url}/jobs\">Jobs</a></nav></header>\n"
            )
        });
        let scripts = self.scripts.iter();
        let scripts = scripts.map(|script| format!("<script>{}</script>\n", script.text));
        format!(
            "<!doctype html>\n<html lang=\"en\"{following}>\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"robots\" content=\"noindex\">\n<title>{title}</title>\n{refresh}<style>{}</style>\n</head>\n\
             <body class=\"{tone}\">\n{header}{main}{}</body>\n</html>\n",
            STYLE.text,
            scripts.collect::<String>(),
        )
    }
}

/// A response with a page, and with the headers that keep it from doing harm in a browser.
pub(crate) fn answer(status: StatusCode, page: String) -> Answer {
    Answer::new(status, HTML, page)
        .with("content-security-policy", policy(None))
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

/// The class that gives a job the color of its state.
fn tone(judged: &Judged<'_>) -> String {
    word(judged.state).to_lowercase()
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

/// A description from the docs of a type: paragraphs, and code between backticks.
fn prose(text: &str) -> String {
    let paragraph = |text: &str| {
        let parts = Escaped(text).to_string();
        let parts = parts.split('`').enumerate().map(|(place, part)| {
            if place % 2 == 1 {
                format!("<code>{part}</code>")
            } else {
                part.to_owned()
            }
        });
        format!("<p>{}</p>\n", parts.collect::<String>())
    };
    text.split("\n\n").map(paragraph).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};

    #[test]
    fn the_policy_names_the_style_and_the_scripts_as_they_are() {
        for part in [STYLE, TIMES, FOLLOW, LIST, JOB, FORM] {
            let digest =
                base64::engine::general_purpose::STANDARD.encode(Sha256::digest(part.text));
            assert_eq!(digest, part.sha256, "{}", part.text);
            assert!(policy(None).contains(&format!(" 'sha256-{digest}'")));
        }
    }

    #[test]
    fn a_description_is_text_and_its_code_is_shown_as_code() {
        let shown = prose("Takes `<x>` & y.\nMore.\n\nEnd `");
        let first = "<p>Takes <code>&lt;x&gt;</code> &amp; y.\nMore.</p>\n";
        assert_eq!(shown, format!("{first}<p>End <code></code></p>\n"));
    }
}
