//! Where the job of a submit is stored, the random bytes of its id, and the search for the live job of an `Idempotency-Key`.

use api::{Problem, ProblemKind};
use engine::{CreationToken, JobId, JobRecord, StoreError, Timestamp};
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

pub(crate) enum Known {
    /// The key belongs to this live job.
    Live(Box<JobRecord>),
    /// The key belongs to no live job: this is the place of the next one.
    Free(Place),
}

/// Searches for the live job of a key among the ids that the key has under each secret, newest first. `read` returns the record of an id.
pub(crate) async fn look<F>(
    ids: impl Iterator<Item = JobId>,
    mut read: impl FnMut(JobId) -> F,
    now: Timestamp,
) -> Result<Known, Problem>
where
    F: Future<Output = Result<Option<JobRecord>, StoreError>>,
{
    let mut place = None;
    for id in ids {
        let replaced = match read(id).await? {
            Some(record) if !record.is_expired(now) => return Ok(Known::Live(record.into())),
            record => record.map(|record| record.creation_token),
        };
        // The key's new job gets the id of the newest secret.
        place.get_or_insert(Place { id, replaced });
    }
    // A key has at least one id.
    place
        .map(Known::Free)
        .ok_or_else(|| Problem::new(ProblemKind::InternalError))
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
