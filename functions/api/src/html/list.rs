//! The page of an owner's jobs.

use std::fmt::Write as _;

use engine::{JobState, Judged, KindName, Outcome};

use super::{FOLLOW, LIST, Page, TIMES, latest_report, time, tone};
use crate::markup::Escaped;
use crate::report::state;
use crate::{ListQuery, job_path};

/// Seconds between two looks while a job on the page is due or running, and otherwise.
const SECONDS: (u64, u64) = (5, 15);

/// A page of an owner's jobs.
pub struct JobList<'a> {
    /// The jobs.
    pub jobs: &'a [Judged<'a>],
    /// The next page's URL, if there may be one.
    pub next: Option<&'a str>,
    /// The query of this page.
    pub query: ListQuery<'a>,
    /// The kinds of the deployment.
    pub kinds: &'a [&'a KindName],
}

/// The page of a list.
#[must_use]
pub fn list_page(list: &JobList<'_>, base_url: &str) -> String {
    let is_active = |job: &Judged<'_>| match job.state {
        JobState::Scheduled => job.scheduled_start <= job.at(),
        JobState::Started => true,
        JobState::Completed(_) => false,
    };
    let (often, seldom) = SECONDS;
    let wait = if list.jobs.iter().any(is_active) { often } else { seldom };
    let main = format!(
        "<main id=\"list\" class=\"wide\">\n<h1>{}</h1>\n<nav class=\"filters\" aria-label=\"Filters\">\n{}{}</nav>\n\
         <div id=\"jobs\">{}</div>\n<nav id=\"turn\" aria-label=\"Further jobs\">{}</nav>\n\
         <p id=\"trouble\" role=\"status\" class=\"soft\"></p>\n</main>\n",
        heading(&list.query),
        states(list, base_url),
        kinds(list, base_url),
        jobs(list, base_url),
        turn(list, base_url),
    );
    let page = Page {
        title: "Jobs",
        tone: "running",
        base_url: Some(base_url),
        wait: Some(wait),
        tag: "",
        scripts: &[TIMES, LIST, FOLLOW],
    };
    page.around(main)
}

/// The state of a filter, by its `job-status`.
const STATES: [(&str, &str); 5] = [
    ("UNDETERMINED", "Scheduled"),
    ("INPROGRESS", "Running"),
    ("SUCCESS", "Succeeded"),
    ("FAILED", "Failed"),
    ("CANCELED", "Canceled"),
];

/// Says which filter is on.
fn heading(query: &ListQuery<'_>) -> String {
    let state = STATES.iter().find(|(status, _)| query.status == Some(status));
    let jobs = match state {
        Some((_, state)) => format!("{state} jobs"),
        None => "Jobs".to_owned(),
    };
    match query.name {
        Some(name) => format!("{jobs} of {}", Escaped(name)),
        None => jobs,
    }
}

fn states(list: &JobList<'_>, base_url: &str) -> String {
    let first = ListQuery { cursor: None, ..list.query };
    let all = choice("All states", ListQuery { status: None, ..first }, first.status.is_none(), base_url);
    let states = STATES.map(|(status, state)| {
        let only = ListQuery { status: Some(status), ..first };
        choice(state, only, first.status == Some(status), base_url)
    });
    format!("<p>{all} {}</p>\n", states.join(" "))
}

/// Empty if there is nothing to choose.
fn kinds(list: &JobList<'_>, base_url: &str) -> String {
    let first = ListQuery { cursor: None, ..list.query };
    if list.kinds.len() < 2 && first.name.is_none() {
        return String::new();
    }
    let all = choice("All kinds", ListQuery { name: None, ..first }, first.name.is_none(), base_url);
    let kinds = list.kinds.iter().map(|kind| {
        let name = Some(kind.as_str());
        choice(kind.as_str(), ListQuery { name, ..first }, first.name == name, base_url)
    });
    format!("<p>{all} {}</p>\n", kinds.collect::<Vec<_>>().join(" "))
}

fn choice(label: &str, query: ListQuery<'_>, is_current: bool, base_url: &str) -> String {
    let current = if is_current { " aria-current=\"true\"" } else { "" };
    let uri = format!("{base_url}{}", query.path());
    format!("<a class=\"chip\" href=\"{}\"{current}>{}</a>", Escaped(&uri), Escaped(label))
}

fn jobs(list: &JobList<'_>, base_url: &str) -> String {
    if list.jobs.is_empty() {
        return empty(list, base_url);
    }
    let mut rows = String::new();
    for job in list.jobs {
        let uri = format!("{base_url}{}", job_path(job));
        let kind = job.kind.as_str();
        let id = job.id.to_string();
        let progress = match job.state {
            JobState::Started => format!(
                "<progress max=\"100\" value=\"{0}\" aria-label=\"Progress\">{0} %</progress>",
                job.percent.get()
            ),
            JobState::Scheduled | JobState::Completed(_) => String::new(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(
            rows,
            "<li class=\"{}\" data-id=\"{id}\"><a href=\"{}\">{}</a> <span class=\"state\">{}</span>\
             <span class=\"report\">{}</span><span class=\"soft\">{kind} · {} · {}</span>{progress}</li>",
            tone(job),
            Escaped(&uri),
            Escaped(job.title.as_deref().unwrap_or(kind)),
            state(job),
            Escaped(&report(job)),
            id.get(..8).unwrap_or(&id),
            time(job.created_at),
        );
    }
    format!("<ul class=\"jobs\">\n{rows}</ul>")
}

/// What a person wants to know first: why a job failed, or how far it is.
fn report(job: &Judged<'_>) -> String {
    match (&job.state, &job.error) {
        (JobState::Completed(Outcome::Failed), Some(error)) => error.message().to_owned(),
        (JobState::Started, _) => format!("{} % {}", job.percent.get(), latest_report(job)),
        _ => latest_report(job).to_owned(),
    }
}

fn empty(list: &JobList<'_>, base_url: &str) -> String {
    let is_filtered = list.query.status.is_some() || list.query.name.is_some();
    let (text, path, action) = match (list.next, list.query.name) {
        // A filter reads one page of all jobs, too.
        (Some(_), _) => return "<p>None of these jobs match. Older ones may.</p>".to_owned(),
        (None, Some(name)) => ("No jobs match.", format!("/kinds/{name}"), format!("Submit {name}")),
        (None, None) if is_filtered => ("No jobs match.", "/".to_owned(), "Submit a job".to_owned()),
        (None, None) => ("There are no jobs yet.", "/".to_owned(), "Submit a job".to_owned()),
    };
    let uri = format!("{base_url}{path}");
    format!(
        "<div class=\"empty\"><p>{text}</p><p><a class=\"button\" href=\"{}\">{}</a></p></div>",
        Escaped(&uri),
        Escaped(&action)
    )
}

fn turn(list: &JobList<'_>, base_url: &str) -> String {
    let link = |uri: &str, rel: &str, label: &str| {
        format!("<a class=\"chip\"{rel} href=\"{}\">{label}</a>", Escaped(uri))
    };
    let newest = ListQuery { cursor: None, ..list.query };
    let newest = list.query.cursor.map(|_| {
        link(&format!("{base_url}{}", newest.path()), "", "Newest jobs")
    });
    let older = list.next.map(|next| link(next, " rel=\"next\"", "Older jobs"));
    format!("{} {}", newest.unwrap_or_default(), older.unwrap_or_default())
}
