//! The filters of the list of jobs: links, because a page may not send forms.

use engine::{JobState, KindName};

use crate::ListQuery;
use crate::markup::Escaped;
use crate::report::word;

/// Says which filter is on.
pub(super) fn heading(query: &ListQuery<'_>) -> String {
    let jobs = match query.status.and_then(JobState::of_job_status) {
        Some(state) => format!("{} jobs", word(state)),
        None => "Jobs".to_owned(),
    };
    match query.name {
        Some(name) => format!("{jobs} · {}", Escaped(name)),
        None => jobs,
    }
}

/// Links to the jobs in each state.
pub(super) fn states(query: ListQuery<'_>, base_url: &str) -> String {
    let first = query.first_page();
    let link = |label, status| {
        let is_current = first.status == status;
        choice(label, ListQuery { status, ..first }, is_current, base_url)
    };
    let states = JobState::ALL.map(|state| link(word(state), Some(state.job_status())));
    format!("<p>{} {}</p>\n", link("All states", None), states.join(" "))
}

/// Links to the jobs of each kind. Empty if there is nothing to choose.
pub(super) fn kinds(query: ListQuery<'_>, kinds: &[&KindName], base_url: &str) -> String {
    let first = query.first_page();
    if kinds.len() < 2 && first.name.is_none() {
        return String::new();
    }
    let link = |label, name| {
        let is_current = first.name == name;
        choice(label, ListQuery { name, ..first }, is_current, base_url)
    };
    let kinds = kinds
        .iter()
        .map(|kind| link(kind.as_str(), Some(kind.as_str())));
    let kinds: Vec<_> = kinds.collect();
    format!("<p>{} {}</p>\n", link("All kinds", None), kinds.join(" "))
}

fn choice(label: &str, query: ListQuery<'_>, is_current: bool, base_url: &str) -> String {
    let current = if is_current {
        " aria-current=\"true\""
    } else {
        ""
    };
    let uri = format!("{base_url}{}", query.path());
    format!(
        "<a class=\"chip\" href=\"{}\"{current}>{}</a>",
        Escaped(&uri),
        Escaped(label)
    )
}
