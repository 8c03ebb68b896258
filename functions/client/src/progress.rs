use std::io::{IsTerminal, stderr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressState, ProgressStyle};
use time::OffsetDateTime;
use tokio::time::sleep;

use super::clock::spoken;
use super::countdown::Countdown;
use super::text::printable;
use super::{JobDocument, JobStatus, Sighting};

/// The time left is counted down between two looks at the job, which may be 30 s apart.
const REDRAW: Duration = Duration::from_millis(250);
/// A spinner that turns ten times a second looks alive.
const SPIN: Duration = Duration::from_millis(100);

/// Shows a watched job on stderr: a bar on a terminal, a line for each change anywhere else.
#[derive(Debug)]
pub struct Progress {
    form: Form,
}

#[derive(Debug)]
enum Form {
    Bar(Bar),
    Lines { last: String },
}

#[derive(Debug)]
struct Bar {
    bar: ProgressBar,
    countdown: Arc<Countdown>,
}

impl Progress {
    /// The form that suits where stderr goes.
    #[must_use]
    pub fn on_stderr() -> Self {
        let form = if stderr().is_terminal() {
            Form::Bar(Bar::new())
        } else {
            Form::Lines {
                last: String::new(),
            }
        };
        Self { form }
    }

    /// Shows what a watch sees.
    pub fn show(&mut self, sighting: &Sighting<'_>) {
        match (&mut self.form, sighting) {
            (Form::Bar(bar), Sighting::Job(job)) => bar.show(job),
            (Form::Lines { last }, Sighting::Job(job)) => {
                let line = line_of(job);
                if line != *last {
                    eprintln!("{line}");
                    *last = line;
                }
            }
            (Form::Bar(bar), trouble) => bar.bar.println(trouble_of(trouble)),
            (Form::Lines { .. }, trouble) => eprintln!("{}", trouble_of(trouble)),
        }
    }
}

impl Bar {
    fn new() -> Self {
        let countdown = Arc::new(Countdown::new());
        let bar = ProgressBar::new(100).with_style(style("cyan", &countdown));
        bar.enable_steady_tick(REDRAW);
        Self { bar, countdown }
    }

    fn show(&self, job: &JobDocument) {
        self.countdown.set(job);
        self.bar.set_position(job.percent().into());
        self.bar.set_prefix(job.headline());
        self.bar.set_message(message_of(job));
        if job.is_over() {
            self.bar
                .set_style(style(color_of(job.job_status), &self.countdown));
            self.bar.abandon();
            // The bar leaves the cursor behind its last character.
            eprintln!();
        }
    }
}

/// A watch that ends in an error leaves no half-drawn bar behind.
impl Drop for Bar {
    fn drop(&mut self) {
        if !self.bar.is_finished() {
            self.bar.finish_and_clear();
        }
    }
}

/// Lets time pass; a terminal shows how much of it is left.
pub async fn wait(duration: Duration) {
    let spinner = ProgressBar::new_spinner();
    let style = ProgressStyle::with_template("   {spinner:.cyan} {msg}");
    spinner.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
    let end = Instant::now() + duration;
    while let Some(left) = end
        .checked_duration_since(Instant::now())
        .filter(|left| !left.is_zero())
    {
        spinner.set_message(format!("{} left", spoken(left)));
        spinner.tick();
        sleep(left.min(SPIN)).await;
    }
    spinner.finish_and_clear();
}

fn style(color: &str, countdown: &Arc<Countdown>) -> ProgressStyle {
    let countdown = Arc::clone(countdown);
    let left = move |_: &ProgressState, text: &mut dyn std::fmt::Write| {
        // A bar that can't be drawn has nobody to tell.
        let _ = text.write_str(&countdown.text(OffsetDateTime::now_utc()));
    };
    let template = format!(
        "{{prefix:9.{color}.bold}} {{bar:24.{color}/dim}} {{pos:>3}}%  {{left}}{{wide_msg}}"
    );
    let style =
        ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    style.with_key("left", left).progress_chars("━╸─")
}

const fn color_of(status: JobStatus) -> &'static str {
    match status {
        JobStatus::Success => "green",
        JobStatus::Failed => "red",
        JobStatus::Canceled => "yellow",
        JobStatus::Undetermined | JobStatus::InProgress => "cyan",
    }
}

/// The summary, and which attempt this is when it isn't the first.
fn message_of(job: &JobDocument) -> String {
    let summary = printable(job.summary.as_deref().unwrap_or_default());
    match (job.attempt, job.max_attempts) {
        (Some(attempt), Some(max)) if attempt > 1 && !job.is_over() => {
            format!("attempt {attempt} of {max}: {summary}")
        }
        _ => summary,
    }
}

fn line_of(job: &JobDocument) -> String {
    format!(
        "{:<9} {:>3}%  {}",
        job.headline(),
        job.percent(),
        message_of(job)
    )
    .trim_end()
    .to_owned()
}

fn trouble_of(sighting: &Sighting<'_>) -> String {
    match sighting {
        Sighting::Job(job) => line_of(job),
        Sighting::Trouble {
            error,
            retry_in,
            retry,
            max_retries,
        } => {
            // The first line is enough: the rest comes with the error itself, should it last.
            let error = error.to_string();
            let error = error.lines().next().unwrap_or_default();
            let retry_in = spoken(*retry_in);
            format!("{error}; trying again in {retry_in} ({retry} of {max_retries})")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn job(extra: &serde_json::Value) -> JobDocument {
        let mut document = json!({"id": "1", "job-state": "STARTED", "job-status": "INPROGRESS", "percent-complete": 7,
            "summary": "profiled\n250 rows", "estimated-end-time": "2026-01-01T00:00:00Z"});
        for (key, value) in extra.as_object().unwrap() {
            document[key] = value.clone();
        }
        serde_json::from_value(document).unwrap()
    }

    #[test]
    fn a_line_says_state_percent_and_summary() {
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
}
