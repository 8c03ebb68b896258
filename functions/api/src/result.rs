//! The result of a job, for the answers that contain it.

use engine::{JobStore, Judged, StoreError};

/// Returns the job with its result, which takes another read if the result is in an item of its own. `None` if the job has expired
/// or was deleted since its record was read. A job whose result is in the bucket stays without it: only its own URL leads there.
///
/// # Errors
/// [`StoreError`] if the table does not answer, or has no such item.
pub async fn with_result(
    store: &JobStore,
    judged: Judged<'static>,
) -> Result<Option<Judged<'static>>, StoreError> {
    if judged.result_token.is_none() || judged.result_days.is_some() {
        return Ok(Some(judged));
    }
    let result = store.result(&judged).await?;
    Ok(result.map(|result| judged.with_result(result)))
}
