//! The filters of the list of jobs: links, because a page may not send forms.

use engine::KindName;

use crate::ListQuery;
use crate::markup::Escaped;

/// The state of a filter, by its `job-status`.
const STATES: [(&str, &str); 5] = [
    ("UNDETERMINED", "Scheduled"),
    ("INPROGRESS", "Running"),
    ("SUCCESS", "Succeeded"),
    ("FAILED", "Failed"),
    ("CANCELED", "Canceled"),
];

/// Says which filter is on.
pub(super) fn heading(query: &ListQuery<'_>) -> String {
    let state = STATES
        .iter()
        .find(|(status, _)| query.status == Some(status));
    let jobs = match state {
        Some((_, state)) => format!("{state} jobs"),
        None => "Jobs".to_owned(),
    };
    match query.name {
        Some(name) => format!("{jobs} · {}", Escaped(name)),
        None => jobs,
    }
}

/// Links to the jobs in each state.
pub(super) fn states(query: ListQuery<'_>, base_url: &str) -> String {
    let first = ListQuery {
        cursor: None,
        ..query
    };
    let all = choice(
        "All states",
        ListQuery {
            status: None,
            ..first
        },
        first.status.is_none(),
        base_url,
    );
    let states = STATES.map(|(status, state)| {
        let only = ListQuery {
            status: Some(status),
            ..first
        };
        choice(state, only, first.status == Some(status), base_url)
    });
    format!("<p>{all} {}</p>\n", states.join(" "))
}

/// Links to the jobs of each kind. Empty if there is nothing to choose.
pub(super) fn kinds(query: ListQuery<'_>, kinds: &[&KindName], base_url: &str) -> String {
    let first = ListQuery {
        cursor: None,
        ..query
    };
    if kinds.len() < 2 && first.name.is_none() {
        return String::new();
    }
    let all = choice(
        "All kinds",
        ListQuery {
            name: None,
            ..first
        },
        first.name.is_none(),
        base_url,
    );
    let kinds = kinds.iter().map(|kind| {
        let name = Some(kind.as_str());
        choice(
            kind.as_str(),
            ListQuery { name, ..first },
            first.name == name,
            base_url,
        )
    });
    format!("<p>{all} {}</p>\n", kinds.collect::<Vec<_>>().join(" "))
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
