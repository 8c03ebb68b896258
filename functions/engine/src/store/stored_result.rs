//! Results that no item can hold: each is an object in the bucket, if the deployment has one.

use std::time::Duration;

use bytes::Bytes;
use tracing::warn;

use super::JobStore;
use super::ending::Ending;
use super::result::MAX_RESULT_BYTES;
use crate::bucket::{MAX_OBJECT_BYTES, result_days, result_key};
use crate::{JobRecord, LONGEST_ACCESS, Service, ServiceError, Timestamp};

const JSON: &str = "application/json";

impl JobStore {
    /// The maximum size of a result, in bytes of JSON: [`MAX_RESULT_BYTES`], or [`MAX_OBJECT_BYTES`] with a bucket.
    #[must_use]
    pub fn max_result_bytes(&self) -> usize {
        match &self.bucket {
            Some(_) => usize::try_from(MAX_OBJECT_BYTES).unwrap_or(usize::MAX),
            None => MAX_RESULT_BYTES,
        }
    }

    /// Stores the result of this attempt in the bucket, before the end that refers to it. Returns that end. A repeated call stores the same
    /// object; a superseded attempt has another key. The object remains at least a day longer than the record.
    ///
    /// # Errors
    /// [`ServiceError`]: the object may have been stored.
    pub async fn store_result(
        &self,
        run: &JobRecord,
        result: Bytes,
        retention: Duration,
    ) -> Result<Ending, ServiceError> {
        let bucket = self
            .bucket
            .as_ref()
            .ok_or(ServiceError::Missing(Service::S3))?;
        let days = result_days(retention);
        let token = run.run_token.as_deref().unwrap_or_default();
        let key = result_key(days, &run.id, token);
        bucket.put(&key, JSON, result).await?;
        Ok(Ending::Stored { days })
    }

    /// A URL that shows the result of a job, if that is in the bucket, to a request with this method (`GET` or `HEAD`). It is valid for
    /// [`LONGEST_ACCESS`] from `now`, and at the longest until the job expires.
    pub async fn result_url(
        &self,
        record: &JobRecord,
        method: &str,
        now: Timestamp,
    ) -> Result<Option<String>, ServiceError> {
        let Some(days) = record.result_days else {
            return Ok(None);
        };
        let bucket = self
            .bucket
            .as_ref()
            .ok_or(ServiceError::Missing(Service::S3))?;
        let left = record.expires_at.since(now).as_secs().max(1);
        let valid = LONGEST_ACCESS.min(Duration::from_secs(left));
        let key = object_key(record, days);
        let url = bucket.presigned(method, &key, &[], valid, now).await;
        url.map(Some)
    }

    /// Deletes the object. If this fails, a lifecycle rule deletes it later; nothing refers to it any more.
    pub(super) async fn delete_stored_result(&self, record: &JobRecord, days: u16) {
        let deleted = match &self.bucket {
            Some(bucket) => bucket.delete(&object_key(record, days)).await,
            None => Err(ServiceError::Missing(Service::S3)),
        };
        if let Err(error) = deleted {
            warn!(job.id = %record.id, error.source = ?std::error::Error::source(&error), "result not deleted: {error}; its lifecycle rule will delete it");
        }
    }
}

fn object_key(record: &JobRecord, days: u16) -> String {
    let token = record.result_token.as_deref().unwrap_or_default();
    result_key(days, &record.id, token)
}
