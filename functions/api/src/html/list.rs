//! The page of an owner's jobs.

use std::fmt::Write as _;

use engine::{JobState, Judged, KindName, Outcome};

use super::filter::{heading, kinds, states};
use super::{FOLLOW, LIST, Page, TIMES, latest_report, time, tone};
use crate::markup::Escaped;
use crate::report::state;
use crate::{ListQuery, job_path};

/// Seconds between two polls while a job on the page is due or running.
const OFTEN: u64 = 5;
/// Seconds between two polls otherwise.
const SELDOM: u64 = 15;

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
        JobState::Scheduled => !is_ahead(job),
        JobState::Started => true,
        JobState::Completed(_) => false,
    };
    let is_any = list.jobs.iter().any(is_active);
    let main = format!(
        "<main id=\"list\" class=\"wide\">\n<h1>{}</h1>\n<nav class=\"filters\" aria-label=\"Filters\">\n{}{}</nav>\n\
         <div id=\"jobs\">{}</div>\n<nav id=\"turn\" aria-label=\"Further jobs\">{}</nav>\n\
         <p id=\"trouble\" role=\"status\" class=\"soft\"></p>\n</main>\n",
        heading(&list.query),
        states(list.query, base_url),
        kinds(list.query, list.kinds, base_url),
        jobs(list, base_url),
        turn(list, base_url),
    );
    let page = Page {
        title: "Jobs",
        tone: "running",
        base_url: Some(base_url),
        wait: Some(if is_any { OFTEN } else { SELDOM }),
        tag: "",
        scripts: &[TIMES, LIST, FOLLOW],
    };
    page.around(main)
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
        let facts = [
            // Without a title, the link is the kind.
            job.title.as_ref().map(|_| kind.to_owned()),
            id.get(..8).map(str::to_owned),
            Some(time(job.created_at)),
            is_ahead(job).then(|| format!("starts {}", time(job.scheduled_start))),
        ];
        let facts: Vec<_> = facts.into_iter().flatten().collect();
        // Writing to a string cannot fail.
        let _ = writeln!(
            rows,
            "<li class=\"{}\" data-id=\"{id}\"><a href=\"{}\">{}</a> <span class=\"state\">{}</span>\
             <span class=\"soft\">{}</span><span class=\"report\">{}</span>{progress}</li>",
            tone(job),
            Escaped(&uri),
            Escaped(job.title.as_deref().unwrap_or(kind)),
            state(job),
            facts.join(" · "),
            Escaped(&report(job)),
        );
    }
    format!("<ul class=\"jobs\">\n{rows}</ul>")
}

/// Whether the job waits for its start, or for that of its next attempt.
fn is_ahead(job: &Judged<'_>) -> bool {
    job.state == JobState::Scheduled && job.scheduled_start > job.at()
}

/// What a person wants to know first: why a job failed, or how far it is.
fn report(job: &Judged<'_>) -> String {
    match (&job.state, &job.error) {
        (JobState::Completed(Outcome::Failed), Some(error)) => error.message().to_owned(),
        (JobState::Started, _) if latest_report(job).is_empty() => {
            format!("{} %", job.percent.get())
        }
        (JobState::Started, _) => format!("{} % · {}", job.percent.get(), latest_report(job)),
        _ => latest_report(job).to_owned(),
    }
}

fn empty(list: &JobList<'_>, base_url: &str) -> String {
    let is_filtered = list.query.status.is_some() || list.query.name.is_some();
    let (text, path, action) = match (list.next, list.query.name) {
        // A filter reads one page of all jobs, too.
        (Some(_), _) => {
            return "<p>No job on this page matches. Older ones may match.</p>".to_owned();
        }
        (None, Some(name)) if list.kinds.iter().any(|kind| kind.as_str() == name) => (
            "No jobs match.",
            format!("/kinds/{name}"),
            format!("Submit {name}"),
        ),
        (None, _) if is_filtered => ("No jobs match.", "/".to_owned(), "Submit a job".to_owned()),
        (None, _) => (
            "There are no jobs yet.",
            "/".to_owned(),
            "Submit a job".to_owned(),
        ),
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
        format!(
            "<a class=\"chip\"{rel} href=\"{}\">{label}</a>",
            Escaped(uri)
        )
    };
    let newest = list.query.first_page();
    let newest = list
        .query
        .cursor
        .map(|_| link(&format!("{base_url}{}", newest.path()), "", "Newest jobs"));
    let older = list
        .next
        .map(|next| link(next, " rel=\"next\"", "Older jobs"));
    newest.into_iter().chain(older).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{JobRecord, test_kit};

    const BASE: &str = "https://api.example.com";

    fn page(jobs: &[Judged<'_>], query: ListQuery<'_>, next: Option<&str>) -> String {
        let names = ["csv_profile", "thumbnail"].map(|name| name.parse().unwrap());
        let list = JobList {
            jobs,
            next,
            query,
            kinds: &names.iter().collect::<Vec<_>>(),
        };
        list_page(&list, BASE)
    }

    #[test]
    fn a_filter_keeps_the_other_and_begins_at_the_newest() {
        let query = ListQuery {
            limit: Some(5),
            cursor: Some("1-2"),
            status: Some("FAILED"),
            name: Some("thumbnail"),
        };
        let shown = page(&[], query, None);
        for link in [
            "<a class=\"chip\" href=\"https://api.example.com/jobs?limit=5&amp;job-status=SUCCESS&amp;name=thumbnail\">Succeeded</a>",
            "<a class=\"chip\" href=\"https://api.example.com/jobs?limit=5&amp;job-status=FAILED\">All kinds</a>",
            "<a class=\"chip\" href=\"https://api.example.com/jobs?limit=5&amp;job-status=FAILED&amp;name=thumbnail\" aria-current=\"true\">Failed</a>",
            "<a class=\"chip\" href=\"https://api.example.com/jobs?limit=5&amp;job-status=FAILED&amp;name=thumbnail\">Newest jobs</a>",
            "<h1>Failed jobs · thumbnail</h1>",
            "href=\"https://api.example.com/kinds/thumbnail\">Submit thumbnail</a>",
        ] {
            assert!(shown.contains(link), "{link}: {shown}");
        }
    }

    #[test]
    fn an_empty_page_tells_whether_there_can_be_more() {
        let filtered = ListQuery {
            status: Some("FAILED"),
            ..ListQuery::default()
        };
        assert!(page(&[], filtered, Some("/more")).contains("No job on this page matches"));
        assert!(page(&[], filtered, None).contains("No jobs match."));
        assert!(page(&[], ListQuery::default(), None).contains("There are no jobs yet."));
        // A kind that the deployment no longer has has no form.
        let gone = ListQuery {
            name: Some("gone"),
            ..ListQuery::default()
        };
        let shown = page(&[], gone, None);
        assert!(shown.contains("<h1>Jobs · gone</h1>"), "{shown}");
        assert!(shown.contains("No jobs match.") && !shown.contains("/kinds/gone"));
    }

    #[test]
    fn a_page_looks_again_soon_only_while_a_job_on_it_is_due_or_running() {
        let job = test_kit::new_job();
        let start = job.scheduled_start;
        let record = JobRecord::begin(job, start);
        let before = record.judged(engine::Timestamp::from_ms(start.ms() - 1_000));
        let due = record.judged(start);
        for (jobs, wait) in [
            (vec![], 15),
            (vec![before.clone()], 15),
            (vec![before, due], 5),
        ] {
            let shown = page(&jobs, ListQuery::default(), None);
            assert!(
                shown.contains(&format!("<html lang=\"en\" data-wait=\"{wait}\"")),
                "{shown}"
            );
            // Without script, a reload would disturb the reader.
            assert!(!shown.contains("http-equiv"), "{shown}");
        }
    }

    #[test]
    fn a_job_shows_its_kind_once_and_its_start_while_that_is_ahead() {
        let accepted = test_kit::new_job().scheduled_start;
        let start = accepted.plus(std::time::Duration::from_secs(60));
        let shown = |summary: &str, now| {
            let job = engine::NewJob {
                summary: summary.to_owned(),
                scheduled_start: start,
                ..test_kit::new_job()
            };
            let job = JobRecord::begin(job, accepted).into_judged(now);
            page(&[job], ListQuery::default(), None)
        };
        let starts = format!(" · starts {}</span>", time(start));
        let kind = test_kit::new_job().kind;

        let titled = shown("cities", accepted);
        assert!(titled.contains(&format!(
            ">cities</a> <span class=\"state\">Scheduled</span><span class=\"soft\">{kind} · "
        )));
        assert!(titled.contains(&starts), "{titled}");
        let untitled = shown("", start);
        assert_eq!(
            untitled.matches(&format!(">{kind}")).count(),
            1,
            "{untitled}"
        );
        assert!(untitled.contains(&format!(">{kind}</a>")) && !untitled.contains("starts"));
    }
}
