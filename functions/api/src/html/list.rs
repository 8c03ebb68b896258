//! The page of an owner's jobs.

use std::fmt::Write as _;

use engine::Judged;

use super::{Page, latest_report, time};
use crate::job_path;
use crate::markup::Escaped;
use crate::report::state;

/// A page of an owner's jobs.
pub struct JobList<'a> {
    /// The jobs.
    pub jobs: &'a [Judged<'a>],
    /// The next page's URL, if there may be one.
    pub next: Option<&'a str>,
}

/// The page of a list.
#[must_use]
pub fn list_page(list: &JobList<'_>, base_url: &str) -> String {
    let mut rows = String::new();
    for job in list.jobs {
        let uri = format!("{base_url}{}", job_path(job));
        // Writing to a string cannot fail.
        let _ = writeln!(
            rows,
            "<tr><td><a href=\"{}\">{}</a></td><td>{}</td><td>{}</td><td>{} %</td><td>{}</td><td>{}</td></tr>",
            Escaped(&uri),
            Escaped(job.kind.as_str()),
            Escaped(job.title.as_deref().unwrap_or_default()),
            state(job),
            job.percent.get(),
            time(job.created_at),
            Escaped(latest_report(job)),
        );
    }
    let table = if list.jobs.is_empty() {
        "<p>There are no jobs on this page.</p>\n".to_owned()
    } else {
        format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Jobs\"><table>\n<thead><tr><th scope=\"col\">Kind</th><th scope=\"col\">Title</th><th scope=\"col\">State</th>\
             <th scope=\"col\">Progress</th><th scope=\"col\">Accepted</th><th scope=\"col\">Summary</th></tr></thead>\n\
             <tbody>\n{rows}</tbody>\n</table></div>\n"
        )
    };
    let next = list.next.map(|next| {
        format!(
            "<p><a rel=\"next\" href=\"{}\">Older jobs</a></p>\n",
            Escaped(next)
        )
    });
    let page = Page {
        title: "Jobs",
        tone: "running",
        wait: None,
        tag: "",
    };
    page.around(format!(
        "<main class=\"wide\">\n<h1>Jobs</h1>\n{table}{}</main>\n",
        next.unwrap_or_default()
    ))
}
