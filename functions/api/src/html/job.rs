//! A job's page.

use engine::{Callback, JobState, Judged, Outcome};

use super::{FOLLOW, JOB, Page, TIMES, latest_report, time, tone};
use crate::document::error_of;
use crate::markup::Escaped;
use crate::report::state;
use crate::{job_path, retry_after};

/// The page of a job, with its entity tag. The script moves the parts that have an `id` from a later page into this one. A guest came by the monitor link, and
/// may see this page only.
pub(crate) fn job_page(judged: &Judged<'_>, base_url: &str, tag: &str, is_guest: bool) -> String {
    let (state, percent) = (state(judged), judged.percent.get());
    let kind = judged.kind.as_str();
    let over = match &judged.title {
        Some(title) => format!("{kind} · {title}"),
        None => kind.to_owned(),
    };
    let over = Escaped(&over);
    let title = match judged.state {
        JobState::Started => format!("{percent} % · {}", judged.kind),
        JobState::Scheduled | JobState::Completed(_) => format!("{state} · {}", judged.kind),
    };
    let main = format!(
        "<main id=\"job\">\n<p class=\"over\">{over}</p>\n<h1 id=\"state\" aria-live=\"polite\">{state}</h1>\n\
         <p id=\"summary\">{}</p>\n\
         <div class=\"bar\"><progress id=\"progress\" max=\"100\" value=\"{percent}\" aria-label=\"Progress\">{percent} %</progress>\
         <span id=\"percent\">{percent} %</span></div>\n\
         <div id=\"outcome\">{}</div>\n<dl id=\"facts\">{}</dl>\n<p id=\"trouble\" role=\"status\" class=\"soft\"></p>\n{}</main>\n{}",
        Escaped(latest_report(judged)),
        outcome(judged, base_url, is_guest),
        facts(judged, is_guest),
        if is_guest {
            String::new()
        } else {
            commands(judged, base_url)
        },
        if is_guest { "" } else { DIALOG },
    );
    let wait = retry_after(judged);
    let scripts: &[_] = match (is_guest, wait) {
        (true, None) => &[TIMES],
        (true, Some(_)) => &[TIMES, FOLLOW],
        (false, None) => &[TIMES, JOB],
        (false, Some(_)) => &[TIMES, JOB, FOLLOW],
    };
    let page = Page {
        title: &title,
        tone: &tone(judged),
        base_url: (!is_guest).then_some(base_url),
        wait,
        tag,
        scripts,
    };
    page.around(main)
}

/// Asks before something is done that cannot be undone.
const DIALOG: &str = "<dialog aria-labelledby=\"question\"><form method=\"dialog\"><p id=\"question\"></p>\n\
    <p class=\"actions\"><button class=\"quiet\" value=\"\">Back</button> \
    <button class=\"button danger\" value=\"yes\"></button></p></form></dialog>\n";

fn outcome(judged: &Judged<'_>, base_url: &str, is_guest: bool) -> String {
    match judged.outcome() {
        None => String::new(),
        Some(Outcome::Success) if is_guest => {
            "<p>The result is available to the job's owner.</p>".to_owned()
        }
        Some(Outcome::Success) => {
            let result = format!("{base_url}{}/result", job_path(judged));
            format!(
                "<p><a class=\"button\" href=\"{}\">Open the result</a></p>",
                Escaped(&result)
            )
        }
        Some(Outcome::Failed | Outcome::Canceled) => {
            let error = error_of(judged);
            let said = error.map(|error| {
                let (message, code) = (Escaped(error.message), Escaped(error.code));
                format!("<p>{message} <span class=\"soft\">({code})</span></p>")
            });
            said.unwrap_or_default()
        }
    }
}

/// The facts do not depend on the clock: the page changes only if its entity tag does.
fn facts(judged: &Judged<'_>, is_guest: bool) -> String {
    let is_ended = judged.outcome().is_some();
    let waits = judged.state == JobState::Scheduled;
    let attempt = format!("{} of {}", judged.attempt, judged.max_attempts);
    let facts = [
        ("Accepted", Some(time(judged.created_at))),
        (
            "Scheduled start",
            waits.then(|| time(judged.scheduled_start)),
        ),
        ("Started", judged.attempt_began_at().map(time)),
        ("Estimated end", judged.estimated_end().map(time)),
        ("Ended", judged.ended_at.map(time)),
        ("Attempt", (judged.attempt > 0).then_some(attempt)),
        ("Kept until", is_ended.then(|| time(judged.expires_at))),
        (
            "Webhook",
            // Its URL can be a secret between the owner and the receiver.
            judged.callback.as_ref().filter(|_| !is_guest).map(callback),
        ),
    ];
    let known = facts
        .into_iter()
        .filter_map(|(name, value)| Some(format!("<dt>{name}</dt><dd>{}</dd>", value?)));
    known.collect()
}

/// The URL is text: a page about the receiver is not what a reader expects behind a link, and the owner knows the URL.
fn callback(callback: &Callback) -> String {
    let state = callback.state.as_str().to_lowercase();
    let last = callback.last_status;
    let last = last.map_or_else(String::new, |status| format!(", last status {status}"));
    format!(
        "{state}, deliveries: {}{last}<br><span class=\"soft\">{}</span>",
        callback.attempts,
        Escaped(&callback.url)
    )
}

/// The id, and what its owner can do with the job now.
fn commands(judged: &Judged<'_>, base_url: &str) -> String {
    let (base, id) = (Escaped(base_url), judged.id);
    let command = |method: &str, path: &str, then: &str, label: &str, question: &str| {
        format!(
            "<button type=\"button\" class=\"quiet\" data-method=\"{method}\" data-href=\"{base}/jobs/{id}{path}\"{then} \
             data-ask=\"{question}\">{label}</button>"
        )
    };
    let cancel = |question| command("POST", "/cancel", "", "Cancel job", question);
    let then = format!(" data-then=\"{base}/jobs\"");
    let possible = match judged.state {
        JobState::Completed(_) => command(
            "DELETE",
            "",
            &then,
            "Delete job",
            "Delete this job and its result? This cannot be undone.",
        ),
        // The cancel of an overdue job is refused.
        _ if judged.cancel_requested || judged.is_past_deadline(judged.at()) => String::new(),
        JobState::Scheduled => cancel("Cancel this job? It will not start."),
        JobState::Started => cancel("Cancel this job? What it has done so far is not undone."),
    };
    format!(
        "<p class=\"id\"><code>{id}</code> <button type=\"button\" class=\"quiet\" data-copy=\"{id}\" aria-label=\"Copy the id\">Copy</button></p>\n\
         <p id=\"said\" role=\"status\" class=\"soft\"></p>\n<p id=\"commands\" class=\"actions\">{possible}</p>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{CallbackState, JobRecord, test_kit};

    /// The page without its scripts.
    fn page(record: &JobRecord, is_guest: bool) -> String {
        let judged = record.judged(record.created_at);
        let page = job_page(&judged, "https://api.example.com", "", is_guest);
        page.split("<script>").next().unwrap().to_owned()
    }

    /// The URL is the submitter's text, and may contain a secret of the receiver's.
    #[test]
    fn the_owner_sees_the_callback_as_text_and_a_guest_sees_none() {
        let job = test_kit::new_job();
        let start = job.scheduled_start;
        let mut record = JobRecord::begin(job, start);
        assert!(!page(&record, false).contains("Webhook"));
        record.callback = Some(Callback {
            url: "https://a.example/'\"<x>&y".to_owned(),
            state: CallbackState::Failed,
            attempts: 12,
            last_status: Some(503),
        });

        let shown = page(&record, false);

        let url = "https://a.example/&#39;&quot;&lt;x&gt;&amp;y</span>";
        assert!(shown.contains(url), "{shown}");
        assert!(
            shown.contains("failed, deliveries: 12, last status 503"),
            "{shown}"
        );
        assert!(!shown.contains("href=\"https://a.example"), "{shown}");
        let of_guest = page(&record, true);
        assert!(!of_guest.contains("a.example") && !of_guest.contains("Webhook"));
    }

    /// The last two are one job: overdue, its cancel would be refused.
    #[test]
    fn an_owner_is_offered_what_can_be_done_now_and_a_guest_nothing() {
        let job = test_kit::new_job();
        let (start, id) = (job.scheduled_start, job.id);
        let record = JobRecord::begin(job, start);
        let of = |change: fn(&mut JobRecord)| {
            let mut record = record.clone();
            change(&mut record);
            record
        };
        let cancel =
            format!("data-method=\"POST\" data-href=\"https://api.example.com/jobs/{id}/cancel\"");
        let delete = format!(
            "data-method=\"DELETE\" data-href=\"https://api.example.com/jobs/{id}\" data-then=\"https://api.example.com/jobs\""
        );
        for (record, expected) in [
            (of(|_| ()), [true, false]),
            (of(|job| job.state = JobState::Started), [true, false]),
            (
                of(|job| job.state = JobState::Completed(Outcome::Failed)),
                [false, true],
            ),
            (
                of(|job| {
                    job.state = JobState::Started;
                    job.cancel_requested = true;
                }),
                [false, false],
            ),
            (of(|job| job.deadline = job.created_at), [false, false]),
        ] {
            let shown = page(&record, false);
            assert_eq!(
                [&cancel, &delete].map(|it| shown.contains(it.as_str())),
                expected,
                "{record:?}"
            );
            let of_guest = page(&record, true);
            for secret in ["<button", "<dialog", "href", &id.to_string()] {
                assert!(!of_guest.contains(secret), "{secret}: {of_guest}");
            }
        }
    }
}
