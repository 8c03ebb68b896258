//! A job in a person's words, as its Atom entry and its page say it.

use engine::{JobRecord, JobState, Outcome, Timestamp};

use crate::document::error_of;

/// Its state in a word.
pub(crate) fn state(judged: &JobRecord) -> &'static str {
    match judged.state {
        JobState::Scheduled => "Scheduled",
        JobState::Started if judged.cancel_requested => "Stopping",
        JobState::Started => "Running",
        JobState::Completed(Outcome::Success) => "Succeeded",
        JobState::Completed(Outcome::Failed) => "Failed",
        JobState::Completed(Outcome::Canceled) => "Canceled",
    }
}

/// What is going on, in a sentence or two.
pub(crate) fn report(judged: &JobRecord) -> String {
    let attempt = format!("attempt {} of {}", judged.attempt, judged.max_attempts);
    match judged.state {
        JobState::Scheduled if judged.attempt == 0 => {
            format!("Scheduled to start at {}.", judged.scheduled_start)
        }
        JobState::Scheduled => format!(
            "Waits after {attempt} for the next one, at {}.",
            judged.scheduled_start
        ),
        JobState::Started => {
            let state = state(judged);
            let estimate = judged.estimated_end();
            let end = estimate.map(|end| format!(" It should end at {end}."));
            format!(
                "{state}, {} percent done, {attempt}.{}",
                judged.percent.get(),
                end.unwrap_or_default()
            )
        }
        JobState::Completed(outcome) => {
            let how = match outcome {
                Outcome::Success => "Succeeded",
                Outcome::Failed => "Failed",
                Outcome::Canceled => "Canceled",
            };
            let at = judged.ended_at.map(|at| format!(" at {at}"));
            let why = error_of(judged).map(|error| format!(": {} ({})", error.message, error.code));
            format!(
                "{how}{}{}.",
                at.unwrap_or_default(),
                why.unwrap_or_default()
            )
        }
    }
}

/// When something about the job last changed. Each of these times is when somebody wrote the record, and their clocks may
/// differ by some milliseconds: what is latest never falls while a job lives.
pub(crate) fn updated(judged: &JobRecord) -> Timestamp {
    let times = [judged.started_at, judged.ended_at, Some(judged.updated_at)];
    let latest = times.into_iter().flatten().max();
    latest.map_or(judged.created_at, |latest| latest.max(judged.created_at))
}
