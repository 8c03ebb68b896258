//! `POST /jobs` with an array: many jobs, with as few calls as the queue and the table need for them.
//!
//! Each item is accepted or refused by itself, as a single submit would be. For each one the message is sent before the record is written.

mod sending;

use std::collections::BTreeMap;
use std::sync::Arc;

use api::{
    Answer, BatchItem, Incoming, Problem, ProblemKind, Representation, batch_answer, too_late,
};
use engine::{Fingerprint, Happened, KindName, Owner, Timestamp};
use sending::Sender;
use serde_json::value::RawValue;

use crate::accept::{Stored, replay};
use crate::body::{self, Members, refused};
use crate::place::{Known, Place, look, random};
use crate::request::{RequestedJob, parse};
use crate::submission::Submission;
use crate::uploads::{FoundUploads, JobUploads};
use crate::{App, clock, idempotency, time_left};

/// Maximum number of items: one read of the table finds the jobs of as many keys.
const MAX_ITEMS: usize = engine::MAX_PAGE;

/// Maximum number of errors that an item's problem lists. A response of Lambda must not exceed 6 MB.
const MAX_ERRORS_OF_ITEM: usize = 5;

const REUSED: &str = "You submitted a different job at this index under this key, and that job still exists. Use a new key for new jobs.";

/// An item that is a valid request, and where its job is stored.
type Placed = (RequestedJob, Place);

/// Outcome of an item.
type Outcome = Result<Stored, Problem>;

/// Whether a submit is a batch: its body begins as an array does.
pub(crate) fn is_batch(incoming: &Incoming) -> bool {
    incoming.body.trim_ascii_start().first() == Some(&b'[')
}

/// Stores the jobs and sends their messages. If a job exists already under the `Idempotency-Key`, finds it instead. Items that are not
/// finished when the command's time ends have a problem that says so; the finished ones are reported as accepted.
pub(crate) async fn accept(
    app: &Arc<App>,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<Answer, Problem> {
    incoming.choose(Representation::OF_RESULT)?;
    let owner = incoming.owner()?;
    let key = idempotency::key_of_submit(incoming)?;
    let items = items(incoming)?;
    let mut batch = Batch {
        app,
        incoming,
        owner,
        now,
        outcomes: items.iter().map(|_| None).collect(),
    };
    let requested = batch.read(&items);
    let work = batch.run(requested, key.as_deref());
    // If it is late, the items without an outcome show that.
    let _ = tokio::time::timeout(time_left(clock().since(now)), work).await;
    batch.count_accepted();
    Ok(batch.answer())
}

fn items(incoming: &Incoming) -> Result<Vec<&RawValue>, Problem> {
    let whole = body::read(incoming)?;
    let items: Vec<_> = serde_json::from_str(whole.get()).unwrap_or_default();
    if (1..=MAX_ITEMS).contains(&items.len()) {
        return Ok(items);
    }
    let detail = format!("must be an array of 1 to {MAX_ITEMS} jobs");
    Err(refused(ProblemKind::InvalidJob, [("", detail)]))
}

struct Batch<'a> {
    app: &'a Arc<App>,
    incoming: &'a Incoming,
    owner: &'a Owner,
    now: Timestamp,
    /// `None` for items that are not finished.
    outcomes: Vec<Option<Outcome>>,
}

impl Batch<'_> {
    fn end(&mut self, index: usize, outcome: Outcome) {
        let pointer = format!("/{index}");
        let outcome = outcome.map_err(|problem| match problem.kind() {
            ProblemKind::IdempotencyKeyReused => problem.detail(REUSED),
            _ => problem.within(&pointer, MAX_ERRORS_OF_ITEM),
        });
        if let Some(of_item) = self.outcomes.get_mut(index) {
            *of_item = Some(outcome);
        }
    }

    /// The values of those items that have one, each with its index. The others end with their problem.
    fn keep<T>(
        &mut self,
        each: impl IntoIterator<Item = (usize, Result<T, Problem>)>,
    ) -> Vec<(usize, T)> {
        let mut kept = Vec::new();
        for (index, one) in each {
            match one {
                Ok(value) => kept.push((index, value)),
                Err(problem) => self.end(index, Err(problem)),
            }
        }
        kept
    }

    fn read(&mut self, items: &[&RawValue]) -> Vec<(usize, RequestedJob)> {
        let (app, now) = (self.app, self.now);
        let read = items.iter().map(|item| {
            let members = Members::of_value(item, ProblemKind::InvalidJob)?;
            parse(members, Fingerprint::of(item.get().as_bytes()), app, now)
        });
        self.keep(read.enumerate())
    }

    async fn run(&mut self, requested: Vec<(usize, RequestedJob)>, key: Option<&str>) {
        let placed = match key {
            Some(key) => self.look(requested, key).await,
            None => self.place(requested),
        };
        let ready = self.find_uploads(placed).await;
        let sender = Sender::new(self.app, self.incoming, self.owner, self.now);
        sender
            .store(ready, |index, outcome| self.end(index, outcome))
            .await;
    }

    fn place(&mut self, requested: Vec<(usize, RequestedJob)>) -> Vec<(usize, Placed)> {
        let (secrets, owner) = (&self.app.secrets, self.owner);
        let placed = requested.into_iter().map(|(index, job)| {
            let place = random().map(|seed| Place::new(secrets.issue(owner, seed)));
            (index, place.map(|place| (job, place)))
        });
        self.keep(placed)
    }

    /// Searches for the live jobs of all items in one read for each secret. Items that have one end with it.
    async fn look(
        &mut self,
        requested: Vec<(usize, RequestedJob)>,
        key: &str,
    ) -> Vec<(usize, Placed)> {
        let (secrets, owner, now) = (&self.app.secrets, self.owner, self.now);
        let ids = |index| secrets.for_item(owner, key, index);
        let all: Vec<_> = requested
            .iter()
            .flat_map(|(index, _)| ids(*index))
            .collect();
        let mut known = match self.app.store.get_all(&all).await {
            Ok(known) => known,
            Err(error) => {
                let problem = Problem::from(error);
                let failed = |(index, _)| (index, Err(problem.clone()));
                return self.keep(requested.into_iter().map(failed));
            }
        };
        let mut placed = Vec::new();
        for (index, job) in requested {
            let read = |id| std::future::ready(known.remove(&id).transpose());
            match look(ids(index), read, now).await {
                Ok(Known::Live(live)) => self.end(index, replay(*live, &job.fingerprint)),
                Ok(Known::Free(place)) => placed.push((index, (job, place))),
                Err(problem) => self.end(index, Err(problem)),
            }
        }
        placed
    }

    /// Looks up each upload once, and makes the jobs ready to be sent.
    async fn find_uploads(&mut self, placed: Vec<(usize, Placed)>) -> Vec<(usize, Submission)> {
        let (app, owner, incoming) = (self.app, self.owner, self.incoming);
        let named = placed.into_iter().map(|(index, (mut job, place))| {
            let named = JobUploads::of(app, owner, std::mem::take(&mut job.uploads));
            (index, named.map(|named| (job, place, named)))
        });
        let named = self.keep(named);
        let ids = named
            .iter()
            .flat_map(|(_, (.., named))| named.ids())
            .collect();
        let found = FoundUploads::of(app, ids).await;
        let ready = named.into_iter().map(|(index, (job, place, named))| {
            let uploads = found.of_job(app, &named, app.deadline_of(job.scheduled_start));
            let submission = uploads.and_then(|found| Submission::of(job, place, found, incoming));
            (index, submission)
        });
        self.keep(ready)
    }

    /// Counts the new jobs, in one line for each kind.
    fn count_accepted(&self) {
        let mut accepted: BTreeMap<&KindName, u64> = BTreeMap::new();
        for outcome in self.outcomes.iter().flatten().flatten() {
            if !outcome.is_replay {
                *accepted.entry(&outcome.record.kind).or_default() += 1;
            }
        }
        for (kind, jobs) in accepted {
            let accepted = Happened::Accepted { jobs };
            self.app.metrics.write(kind, accepted, self.now);
        }
    }

    fn answer(self) -> Answer {
        let late = self.outcomes.iter().any(Option::is_none).then(too_late);
        let items = self.outcomes.into_iter().map(|outcome| match outcome {
            Some(Ok(stored)) => BatchItem::Job {
                judged: Box::new(stored.record.into_judged(clock())),
                is_replay: stored.is_replay,
            },
            Some(Err(problem)) => BatchItem::Problem(problem),
            None => BatchItem::Problem(late.clone().unwrap_or_else(too_late)),
        });
        batch_answer(&items.collect::<Vec<_>>(), self.incoming)
    }
}
