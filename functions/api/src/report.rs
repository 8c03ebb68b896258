//! The state of a job as text for people, for its Atom entry and its page.

use engine::{JobState, Judged, Outcome, Timestamp};

use crate::document::error_of;

/// The state in one word.
pub(crate) fn word(state: JobState) -> &'static str {
    match state {
        JobState::Scheduled => "Scheduled",
        JobState::Started => "Running",
        JobState::Completed(Outcome::Success) => "Succeeded",
        JobState::Completed(Outcome::Failed) => "Failed",
        JobState::Completed(Outcome::Canceled) => "Canceled",
    }
}

/// What the job does, in one word: its state, or that it was asked to stop.
pub(crate) fn state(judged: &Judged<'_>) -> &'static str {
    match judged.state {
        JobState::Started if judged.cancel_requested => "Stopping",
        state => word(state),
    }
}

/// The progress or the end of the job, in one or two sentences.
pub(crate) fn report(judged: &Judged<'_>) -> String {
    let attempt = format!("attempt {} of {}", judged.attempt, judged.max_attempts);
    match judged.state {
        JobState::Scheduled if judged.attempt == 0 => {
            format!("Scheduled to start at {}.", judged.scheduled_start)
        }
        JobState::Scheduled => format!(
            "Waiting since the end of {attempt}. The next one starts at {}.",
            judged.scheduled_start
        ),
        JobState::Started => {
            let state = state(judged);
            let estimate = judged.estimated_end();
            let end = estimate.map(|end| format!(" Estimated end: {end}."));
            format!(
                "{state}, {} percent done, {attempt}.{}",
                judged.percent.get(),
                end.unwrap_or_default()
            )
        }
        JobState::Completed(_) => {
            let how = state(judged);
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

/// When the job last changed. The times come from different clocks, which may differ by some milliseconds; their maximum never
/// decreases while the job exists.
pub(crate) fn updated(judged: &Judged<'_>) -> Timestamp {
    let times = [judged.started_at, judged.ended_at, Some(judged.updated_at)];
    let latest = times.into_iter().flatten().max();
    latest.map_or(judged.created_at, |latest| latest.max(judged.created_at))
}
