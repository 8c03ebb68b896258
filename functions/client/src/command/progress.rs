//! The progress of a watched job.

use std::fmt::Write;
use std::time::Duration;

use indicatif::{HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use time::OffsetDateTime;

use crate::text::{printable, spoken};
use crate::{Job, JobState, JobStatus, Sighting, Trouble};

/// The time left is counted down between two polls, which may be 30 s apart.
const REDRAW: Duration = Duration::from_millis(250);

/// Shows a watched job on stderr: a bar on a terminal, one line per change anywhere else.
#[derive(Debug)]
pub struct Progress {
    /// Hidden if stderr is not a terminal. It clears itself if the watch ends in an error.
    bar: ProgressBar,
    last_line: String,
}

impl Progress {
    /// Progress of one watch, in the form that suits stderr.
    #[must_use]
    pub fn on_stderr() -> Self {
        Self {
            bar: ProgressBar::new(100),
            last_line: String::new(),
        }
    }

    /// Shows what a watch sees.
    pub fn show(&mut self, sighting: &Sighting<'_>) {
        match sighting {
            Sighting::Job(job) if self.bar.is_hidden() => self.print(job),
            Sighting::Job(job) => self.draw(job),
            Sighting::Trouble(trouble) => {
                self.bar.suspend(|| eprintln!("{}", line_about(*trouble)));
            }
        }
    }

    fn print(&mut self, job: &Job) {
        let line = line_of(job);
        if line != self.last_line {
            eprintln!("{line}");
            self.last_line = line;
        }
    }

    fn draw(&self, job: &Job) {
        self.bar.set_style(style(job));
        self.bar.set_prefix(job.headline());
        self.bar.set_message(message_of(job));
        self.bar.set_position(job.percent().into());
        // Not before: until there is a style, the bar would be drawn in indicatif's own.
        self.bar.enable_steady_tick(REDRAW);
        if job.is_finished() {
            self.bar.abandon();
            // The bar leaves the cursor behind its last character.
            eprintln!();
        }
    }
}

/// The line about a failure that is retried.
pub(super) fn line_about(trouble: Trouble<'_>) -> String {
    // The first line is enough: the rest is in the error itself, if it lasts.
    let error = trouble.error.to_string();
    let error = error.lines().next().unwrap_or_default();
    let delay = spoken(trouble.retry_in);
    let (retry, max_retries) = (trouble.retry, trouble.max_retries);
    format!("{error}; trying again in {delay} ({retry} of {max_retries})")
}

/// The style of every bar, with a template that is one.
pub(super) fn bar_style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    style.progress_chars("━╸─")
}

fn style(job: &Job) -> ProgressStyle {
    let color = match job.job_status {
        JobStatus::Success => "green",
        JobStatus::Failed => "red",
        JobStatus::Canceled => "yellow",
        JobStatus::Undetermined | JobStatus::InProgress => "cyan",
    };
    let template = format!(
        "{{prefix:9.{color}.bold}} {{bar:24.{color}/dim}} {{pos:>3}}%  {{left}}{{wide_msg}}"
    );
    let estimate = estimate_of(job);
    let left = move |_: &ProgressState, text: &mut dyn Write| {
        // If the bar cannot be drawn, an error cannot be shown either.
        let _ = text.write_str(&time_left(estimate, OffsetDateTime::now_utc()));
    };
    bar_style(&template).with_key("left", left)
}

/// The time to count down to, and the words before and after the time left.
fn estimate_of(job: &Job) -> Option<(OffsetDateTime, &'static str, &'static str)> {
    match job.job_state {
        JobState::Scheduled => Some((job.scheduled_start_time?, "starts in ", "")),
        JobState::Started => Some((job.estimated_end_time?, "", " left")),
        JobState::Completed => None,
    }
}

/// `starts in 12 seconds  ` or `12 seconds left  `; empty without an estimate, or if less than a second is left.
fn time_left(
    estimate: Option<(OffsetDateTime, &'static str, &'static str)>,
    now: OffsetDateTime,
) -> String {
    let Some((moment, before, after)) = estimate else {
        return String::new();
    };
    let left = moment - now;
    if left < time::Duration::SECOND {
        return String::new();
    }
    let left = HumanDuration(left.unsigned_abs());
    format!("{before}{left}{after}  ")
}

/// The summary, and which attempt runs if it is not the first. Between attempts, the summary says which one failed.
fn message_of(job: &Job) -> String {
    let summary = printable(job.summary.as_deref().unwrap_or_default());
    match (job.attempt, job.max_attempts) {
        (Some(attempt), Some(max)) if attempt > 1 && job.job_state == JobState::Started => {
            format!("attempt {attempt} of {max}: {summary}")
        }
        _ => summary,
    }
}

fn line_of(job: &Job) -> String {
    let (headline, percent, message) = (job.headline(), job.percent(), message_of(job));
    let line = format!("{headline:<9} {percent:>3}%  {message}");
    line.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job(extra: &serde_json::Value) -> Job {
        let mut document = json!({"id": "1", "job-state": "STARTED", "job-status": "INPROGRESS", "percent-complete": 7,
            "summary": "profiled\n250 rows", "estimated-end-time": "2026-01-01T00:00:00Z"});
        for (key, value) in extra.as_object().unwrap() {
            document[key] = value.clone();
        }
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn a_line_has_state_percent_and_summary() {
        assert_eq!(
            line_of(&job(&json!({}))),
            "STARTED     7%  profiled 250 rows"
        );
        assert_eq!(
            line_of(&job(
                &json!({"job-state": "COMPLETED", "job-status": "FAILED", "summary": null})
            )),
            "FAILED      7%"
        );
    }

    #[test]
    fn a_further_attempt_is_pointed_out() {
        let line = line_of(&job(&json!({"attempt": 2, "max-attempts": 3})));

        assert_eq!(line, "STARTED     7%  attempt 2 of 3: profiled 250 rows");
    }

    #[test]
    fn the_countdown_is_to_the_start_and_then_to_the_end() {
        let texts = ["SCHEDULED", "STARTED", "COMPLETED"].map(|state| {
            let job =
                job(&json!({"job-state": state, "scheduled-start-time": "2025-12-31T23:59:53Z"}));
            let at = |seconds| OffsetDateTime::from_unix_timestamp(seconds).unwrap();
            // 12 s before the estimated end, and a minute after it.
            [1_767_225_588, 1_767_225_660].map(|now| time_left(estimate_of(&job), at(now)))
        });

        assert_eq!(
            texts,
            [
                ["starts in 5 seconds  ", ""],
                ["12 seconds left  ", ""],
                ["", ""]
            ]
        );
    }
}
