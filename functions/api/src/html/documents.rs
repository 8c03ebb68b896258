//! The home page, and the pages of problems.

use std::fmt::Write as _;

use engine::KindName;
use http::StatusCode;

use super::{Page, TIMES, answer, prose, time};
use crate::markup::Escaped;
use crate::{Answer, CALLBACKS_PATH, Incoming, OPENAPI_PATH, Problem, ProblemKind, kind_path};

/// The page of a problem, with its status. It links to the other pages if the reader may see those.
pub(crate) fn problem_answer(problem: &Problem, incoming: &Incoming) -> Answer {
    let (kind, expired_at) = (problem.kind(), problem.expired_at());
    let expiry = expired_at.map(|at| format!("<p>It expired at {}.</p>\n", time(at)));
    let main = format!(
        "<main>\n<p class=\"over\">{}</p>\n<h1>{}</h1>\n<p>{}</p>\n{}<p class=\"soft\">Request {} · \
         <a href=\"{}\">What this means</a></p>\n</main>\n",
        kind.status(),
        Escaped(kind.title()),
        Escaped(problem.said()),
        expiry.unwrap_or_default(),
        Escaped(&incoming.request_id),
        Escaped(&problem.uri(incoming)),
    );
    let is_gone = kind.status() == StatusCode::GONE;
    let page = Page {
        title: kind.title(),
        tone: if is_gone { "gone" } else { "failed" },
        base_url: incoming.owner.as_ref().map(|_| incoming.base_url.as_str()),
        scripts: if expired_at.is_some() { &[TIMES] } else { &[] },
        ..Page::default()
    };
    answer(kind.status(), page.around(main))
}

/// The page of `/`: the kinds with their descriptions. `has_webhooks`: whether it links to the secrets that sign webhooks.
#[must_use]
pub fn home_page(base_url: &str, kinds: &[(&KindName, String)], has_webhooks: bool) -> String {
    let base = Escaped(base_url);
    let mut items = String::new();
    for (name, description) in kinds {
        let summary = description.split("\n\n").next().unwrap_or_default();
        // Writing to a string cannot fail.
        let _ = writeln!(
            items,
            "<li><div><h2>{name}</h2>\n{}</div>\n<a class=\"button\" href=\"{base}{}\" aria-label=\"Submit {name}\">Submit</a></li>",
            prose(summary),
            kind_path(name),
        );
    }
    let mut problems = String::new();
    for kind in ProblemKind::ALL {
        let _ = writeln!(
            problems,
            "<dt><a href=\"{base}/problems/{}\">{}</a></dt><dd>{}</dd>",
            kind.slug(),
            kind.slug(),
            Escaped(kind.title())
        );
    }
    let webhooks = if has_webhooks {
        format!(
            "<li><a href=\"{base}{CALLBACKS_PATH}\">Webhook secrets</a>, with which receivers verify your webhooks</li>\n"
        )
    } else {
        String::new()
    };
    let main = format!(
        "<main>\n<h1>Asynchronous jobs over HTTP</h1>\n<p>Submit a job here or with <code>POST {base}/jobs</code>. The response is \
         <code>202 Accepted</code>, with the address of a page that shows the job's progress.</p>\n\
         <ul class=\"kinds\">\n{items}</ul>\n\
         <ul class=\"plain\">\n<li><a href=\"{base}/jobs\">Your jobs</a>: the newest first, with their progress</li>\n\
         <li><a href=\"{base}{OPENAPI_PATH}\">OpenAPI document</a>: every request and answer, for programs</li>\n{webhooks}</ul>\n\
         <details><summary>Problem types</summary>\n<dl>{problems}</dl></details>\n</main>\n"
    );
    plain("Asynchronous jobs over HTTP", "running", base_url, &main)
}

/// The page behind a problem's type.
#[must_use]
pub fn problem_type_page(kind: ProblemKind, base_url: &str) -> String {
    let main = format!(
        "<main>\n<p class=\"over\">{} · {}</p>\n<h1>{}</h1>\n<p>{}</p>\n</main>\n",
        kind.status(),
        kind.slug(),
        Escaped(kind.title()),
        Escaped(kind.explanation()),
    );
    plain(kind.title(), "failed", base_url, &main)
}

fn plain(title: &str, tone: &str, base_url: &str, main: &str) -> String {
    let page = Page {
        title,
        tone,
        base_url: Some(base_url),
        ..Page::default()
    };
    page.around(main)
}
