//! The result of a job, for the answers that contain it.

use engine::{JobRecord, JobStore, StoreError};

/// Returns the record with its result in it, which takes another read if the result is in an item of its own. `None` if the job
/// has expired or was deleted since the record was read.
///
/// # Errors
/// [`StoreError`] when the table gives no answer, or has no such item.
pub async fn with_result(
    store: &JobStore,
    record: JobRecord,
) -> Result<Option<JobRecord>, StoreError> {
    if record.result_token.is_none() {
        return Ok(Some(record));
    }
    let result = store.result(&record).await?;
    Ok(result.map(|result| JobRecord {
        result: Some(result),
        ..record
    }))
}
