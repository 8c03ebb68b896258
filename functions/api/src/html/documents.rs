//! The home page, and the pages of problems.

use std::fmt::Write as _;

use engine::Timestamp;
use http::StatusCode;

use super::{Page, answer, time};
use crate::markup::Escaped;
use crate::{Answer, CALLBACKS_PATH, OPENAPI_PATH, ProblemKind};

/// The contents of a problem's page.
pub(crate) struct DescribedProblem<'a> {
    pub(crate) status: StatusCode,
    /// Its type.
    pub(crate) uri: String,
    pub(crate) title: &'a str,
    pub(crate) detail: &'a str,
    pub(crate) expired_at: Option<Timestamp>,
    pub(crate) request_id: &'a str,
}

/// The page of a problem, with its status.
pub(crate) fn problem_answer(problem: &DescribedProblem<'_>) -> Answer {
    let expired_at = problem.expired_at;
    let expired_at = expired_at.map(|at| format!("<p>It expired at {}.</p>\n", time(at)));
    let main = format!(
        "<main>\n<p class=\"over\">{}</p>\n<h1>{}</h1>\n<p>{}</p>\n{}<p class=\"soft\">Request {} · \
         <a href=\"{}\">What this means</a></p>\n</main>\n",
        problem.status,
        Escaped(problem.title),
        Escaped(problem.detail),
        expired_at.unwrap_or_default(),
        Escaped(problem.request_id),
        Escaped(&problem.uri),
    );
    let tone = if problem.status == StatusCode::GONE {
        "gone"
    } else {
        "failed"
    };
    answer(problem.status, plain(problem.title, tone, &main))
}

/// The page of `/`. `has_webhooks`: whether it links to the secrets that sign webhooks.
#[must_use]
pub fn home_page(base_url: &str, has_webhooks: bool) -> String {
    let base = Escaped(base_url);
    let mut problems = String::new();
    for kind in ProblemKind::ALL {
        // Writing to a string cannot fail.
        let _ = writeln!(
            problems,
            "<dt><a href=\"{base}/problems/{}\">{}</a></dt><dd>{}</dd>",
            kind.slug(),
            kind.slug(),
            Escaped(kind.title())
        );
    }
    let webhooks = if has_webhooks {
        format!(" <a href=\"{base}{CALLBACKS_PATH}\">Webhook secrets</a>")
    } else {
        String::new()
    };
    let main = format!(
        "<main>\n<h1>Asynchronous jobs over HTTP</h1>\n<p>Submit a job with <code>POST {base}/jobs</code>. The response is \
         <code>202 Accepted</code>, with the address of a page that shows the job's progress.</p>\n\
         <p><a class=\"button\" href=\"{base}/jobs\">Your jobs</a> <a href=\"{base}{OPENAPI_PATH}\">OpenAPI</a>{webhooks}</p>\n\
         <p>Problem types:</p>\n<dl>{problems}</dl>\n</main>\n"
    );
    plain("Asynchronous jobs over HTTP", "running", &main)
}

/// The page behind a problem's type.
#[must_use]
pub fn problem_type_page(kind: ProblemKind) -> String {
    let main = format!(
        "<main>\n<p class=\"over\">{} · {}</p>\n<h1>{}</h1>\n<p>{}</p>\n</main>\n",
        kind.status(),
        kind.slug(),
        Escaped(kind.title()),
        Escaped(kind.explanation()),
    );
    plain(kind.title(), "failed", &main)
}

fn plain(title: &str, tone: &str, main: &str) -> String {
    let page = Page {
        title,
        tone,
        wait: None,
        tag: "",
    };
    page.around(main)
}
