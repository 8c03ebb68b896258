//! Where the job of a submit is stored, the random bytes of its id, and the search for the live job of an `Idempotency-Key`.

use api::{Problem, ProblemKind};
use engine::{CreationToken, JobId, JobRecord, Timestamp};
use lambda_http::tracing::error;

/// Where a new job is stored.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) id: JobId,
    /// The expired or deleted record under the id.
    pub(crate) replaced: Option<CreationToken>,
}

impl Place {
    /// The place of an id without a record.
    pub(crate) fn new(id: JobId) -> Self {
        Self { id, replaced: None }
    }
}

/// The search for the live job of a key, through the ids that the key has under each secret, newest first.
#[derive(Debug, Default)]
pub(crate) struct Search {
    place: Option<Place>,
}

impl Search {
    /// Takes the record of the next id; returns it if it is the live job.
    pub(crate) fn next(
        &mut self,
        id: JobId,
        record: Option<JobRecord>,
        now: Timestamp,
    ) -> Option<JobRecord> {
        let replaced = match record {
            Some(record) if !record.is_expired(now) => return Some(record),
            record => record.map(|record| record.creation_token),
        };
        // The key's new job gets the id of the newest secret.
        self.place.get_or_insert(Place { id, replaced });
        None
    }

    /// The place of the key's next job, if no live job was found. `None` if there was no id.
    pub(crate) fn place(self) -> Option<Place> {
        self.place
    }
}

/// Random bytes of the system.
pub(crate) fn random<const BYTES: usize>() -> Result<[u8; BYTES], Problem> {
    let mut bytes = [0; BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        error!("no random bytes: {error}");
        Problem::new(ProblemKind::InternalError)
    })?;
    Ok(bytes)
}
