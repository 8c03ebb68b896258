//! The response to a batch: a job or a problem for each item.

use engine::Judged;
use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::batch_item::ItemMembers;
use crate::{Answer, Incoming, JSON, JobMembers, Problem, ProblemKind, json};

/// Maximum number of items in the problem of a schedule's event, which is written to the log and kept with the event that failed.
const MAX_OF_EVENT: usize = 3;

/// Outcome of an item of a batch.
#[derive(Clone, Debug)]
pub enum BatchItem {
    /// The job was accepted.
    Job {
        /// The job as it is now.
        judged: Box<Judged<'static>>,
        /// Whether the job was stored before, for the same item under the same `Idempotency-Key`.
        is_replay: bool,
    },
    /// The job was not accepted, or it is unknown whether it was.
    Problem(Problem),
}

/// The jobs and problems of a batch, in the order of the request.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Batch")]
pub struct BatchDocument<'a> {
    items: Vec<ItemMembers<'a>>,
}

impl BatchItem {
    fn members<'a>(&'a self, incoming: &Incoming) -> ItemMembers<'a> {
        match self {
            Self::Job { judged, is_replay } => ItemMembers {
                job: Some(JobMembers::of(judged).without_result()),
                replayed: *is_replay,
                problem: None,
            },
            Self::Problem(problem) => ItemMembers {
                job: None,
                replayed: false,
                problem: Some(problem.of_item(incoming)),
            },
        }
    }

    fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Job { .. } => None,
            Self::Problem(problem) => Some(problem),
        }
    }
}

/// The response to a batch: 202 if any job was accepted, and a problem with the same items otherwise. Nobody reads the response to a
/// schedule's event, so there one problem is enough: the event is tried again, or ends where an operator sees it.
#[must_use]
pub fn batch_answer(items: &[BatchItem], incoming: &Incoming) -> Answer {
    let problems: Vec<_> = items.iter().filter_map(BatchItem::problem).collect();
    if incoming.is_scheduled && !problems.is_empty() {
        let refused = items.iter().filter(|item| item.problem().is_some());
        let first = refused.take(MAX_OF_EVENT);
        let members = first.map(|item| item.members(incoming)).collect();
        let problem = of_all(&problems).detail(of_event(items));
        return problem.answer_with(members, incoming);
    }
    let members = items.iter().map(|item| item.members(incoming)).collect();
    if problems.len() == items.len() {
        return of_all(&problems).answer_with(members, incoming);
    }
    let body = json(&BatchDocument { items: members });
    Answer::new(StatusCode::ACCEPTED, JSON, body)
        .described(incoming)
        .with("cache-control", "no-store")
        .with("vary", "accept, authorization")
}

/// The number of items without a job, and where they are in the event's array.
fn of_event(items: &[BatchItem]) -> String {
    let refused = items.iter().enumerate();
    let refused = refused.filter(|(_, item)| item.problem().is_some());
    let pointers: Vec<_> = refused.map(|(index, _)| format!("/{index}")).collect();
    format!(
        "{} of {} jobs were not accepted: {}. The member 'items' has the problems of up to {MAX_OF_EVENT} of them.",
        pointers.len(),
        items.len(),
        pointers.join(", "),
    )
}

/// The problem of the whole batch: a fault of the service if any item has one, a temporary one first.
fn of_all(problems: &[&Problem]) -> Problem {
    let fault = |kind| problems.iter().find(|problem| problem.kind() == kind);
    let fault = fault(ProblemKind::Unavailable).or_else(|| fault(ProblemKind::InternalError));
    match fault {
        Some(fault) => (*fault).clone(),
        None => Problem::new(ProblemKind::BatchRefused),
    }
}

#[cfg(test)]
mod tests {
    use super::ProblemKind::{
        BatchRefused, BodyTooLarge, IdempotencyKeyReused, InternalError, InvalidJob, Unavailable,
    };
    use super::*;

    #[test]
    fn a_batch_without_a_job_has_the_problem_that_may_pass() {
        let of = |kinds: &[ProblemKind]| {
            let problems: Vec<_> = kinds.iter().map(|kind| Problem::new(*kind)).collect();
            of_all(&problems.iter().collect::<Vec<_>>()).kind()
        };
        assert_eq!(
            of(&[InvalidJob, IdempotencyKeyReused, BodyTooLarge]),
            BatchRefused
        );
        assert_eq!(of(&[InvalidJob, InternalError, Unavailable]), Unavailable);
        assert_eq!(of(&[InvalidJob, InternalError]), InternalError);
    }
}
