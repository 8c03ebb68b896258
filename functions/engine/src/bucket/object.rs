//! Objects of the bucket.

use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tracing::info;

use super::Bucket;
use crate::aws::ATTEMPT;
use crate::signed::{Header, Request, Service, ServiceError};
use crate::{Timestamp, UploadId};

/// What the bucket says about an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectFacts {
    /// Its entity tag, with quotes. It changes with the content.
    pub etag: String,
    /// Its size in bytes.
    pub bytes: u64,
    /// When it was stored.
    pub stored_at: Timestamp,
}

/// An upload as a job names it: a worker reads this content or none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadedObject {
    /// The upload's id.
    #[serde(with = "as_text")]
    pub id: UploadId,
    /// The object's entity tag.
    pub etag: String,
    /// The object's size in bytes.
    pub bytes: u64,
}

/// The lowest rate, in bytes per millisecond, at which a result must reach the bucket.
const SLOWEST: u64 = 1_000;

impl Bucket {
    /// A URL that allows this request for `valid` from `now`, up to [`super::LONGEST_ACCESS`] in AWS. The request must have these headers, with these
    /// values.
    pub async fn presigned(
        &self,
        method: &str,
        key: &str,
        headers: &[Header<'_>],
        valid: Duration,
        now: Timestamp,
    ) -> Result<String, ServiceError> {
        let request = Request {
            method,
            path: key,
            headers,
            body: Bytes::new(),
        };
        self.client.presigned(&request, valid, now).await
    }

    /// What the bucket says about an object: a HEAD. `None` if there is none. Without permission to list the bucket, S3 answers 403 then.
    pub async fn head(&self, key: &str) -> Result<Option<ObjectFacts>, ServiceError> {
        let answer = self.send("HEAD", key, &[], Bytes::new(), ATTEMPT).await?;
        match answer.status().as_u16() {
            200 => facts(&answer).map(Some),
            status @ (403 | 404) => {
                // A missing permission looks the same, so an operator can find it here.
                info!(key, status, "no object, or no permission to read it");
                Ok(None)
            }
            _ => Err(Service::S3.refusal(answer).await),
        }
    }

    /// Asks for an object, in one try. Returns the response whatever its status, with a body that is still to be read.
    pub(crate) async fn get(
        &self,
        key: &str,
        headers: &[Header<'_>],
        time: Duration,
    ) -> Result<HttpResponse, ServiceError> {
        let request = Request {
            method: "GET",
            path: key,
            headers,
            body: Bytes::new(),
        };
        self.client.send_once(&request, time).await
    }

    /// Stores an object, in place of an earlier one.
    ///
    /// # Errors
    /// [`ServiceError`]: it may have been stored.
    pub(crate) async fn put(
        &self,
        key: &str,
        media_type: &str,
        content: Bytes,
    ) -> Result<(), ServiceError> {
        let bytes = u64::try_from(content.len()).unwrap_or(u64::MAX);
        let time = ATTEMPT + Duration::from_millis(bytes / SLOWEST);
        let headers = [("content-type", media_type)];
        let answer = self.send("PUT", key, &headers, content, time).await?;
        expect_success(answer).await
    }

    /// Deletes an object. It is not an error if there is none.
    ///
    /// # Errors
    /// [`ServiceError`]: it may have been deleted.
    pub(crate) async fn delete(&self, key: &str) -> Result<(), ServiceError> {
        let answer = self.send("DELETE", key, &[], Bytes::new(), ATTEMPT).await?;
        expect_success(answer).await
    }

    async fn send(
        &self,
        method: &str,
        key: &str,
        headers: &[Header<'_>],
        body: Bytes,
        time: Duration,
    ) -> Result<HttpResponse, ServiceError> {
        let request = Request {
            method,
            path: key,
            headers,
            body,
        };
        self.client.send(&request, time).await
    }
}

async fn expect_success(answer: HttpResponse) -> Result<(), ServiceError> {
    if answer.status().is_success() {
        Ok(())
    } else {
        Err(Service::S3.refusal(answer).await)
    }
}

fn facts(answer: &HttpResponse) -> Result<ObjectFacts, ServiceError> {
    let header = |name| answer.headers().get(name);
    let facts = || {
        Some(ObjectFacts {
            etag: header("etag")?.to_owned(),
            bytes: header("content-length")?.parse().ok()?,
            stored_at: Timestamp::parse_http_date(header("last-modified")?)?,
        })
    };
    facts().ok_or_else(|| Service::S3.unavailable("an answer to HEAD without its headers"))
}

mod as_text {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    use crate::UploadId;

    pub(super) fn serialize<S: Serializer>(id: &UploadId, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(id)
    }

    pub(super) fn deserialize<'a, D: Deserializer<'a>>(from: D) -> Result<UploadId, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(de::Error::custom)
    }
}
