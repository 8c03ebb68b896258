//! The embedded S3's bucket: the operations that the functions use, as S3 documents them.
//!
//! Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html>.

use std::io;
use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt as _;
use s3s::dto::{
    ChecksumMode, DeleteObjectInput, DeleteObjectOutput, ETag, ETagCondition, GetObjectInput,
    GetObjectOutput, HeadObjectInput, HeadObjectOutput, PutObjectInput, PutObjectOutput,
    StreamingBlob,
};
use s3s::{S3, S3Error, S3Request, S3Response, S3Result, s3_error};
use tokio_util::io::ReaderStream;

use crate::objects::{Object, Objects, Received};

/// Name of the bucket.
pub const BUCKET: &str = "payloads";

/// Content type of an object whose PUT has none.
const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

/// Size of a read from an object's file.
const READ_BYTES: usize = 64 * 1024;

/// The bucket, as an implementation of S3.
pub(crate) struct Bucket(pub(crate) Arc<Objects>);

#[async_trait]
impl S3 for Bucket {
    async fn put_object(
        &self,
        request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let mut input = request.input;
        let may_replace = match (&input.if_none_match, &input.if_match) {
            (None, None) => true,
            (Some(ETagCondition::Any), None) => false,
            _ => {
                return Err(s3_error!(
                    NotImplemented,
                    "A condition other than If-None-Match: * is not implemented"
                ));
            }
        };
        let received = self.receive(&mut input).await?;
        let description = received.description.clone();
        if let Some(expected) = input.checksum_sha256
            && expected != description.sha256
        {
            return Err(s3_error!(
                BadDigest,
                "The SHA256 you specified did not match the calculated checksum."
            ));
        }
        self.0
            .store(&input.key, received, may_replace)
            .map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => not_met(),
                _ => S3Error::internal_error(error),
            })?;
        Ok(S3Response::new(PutObjectOutput {
            e_tag: Some(ETag::Strong(description.e_tag)),
            checksum_sha256: Some(description.sha256),
            ..PutObjectOutput::default()
        }))
    }

    async fn get_object(
        &self,
        request: S3Request<GetObjectInput>,
    ) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let object = self.0.get(&input.key).await;
        let object = object.map_err(S3Error::internal_error)?;
        // S3 answers 404 only to callers that may list the bucket, which the functions may not.
        let object = object.ok_or_else(|| s3_error!(AccessDenied, "Access Denied"))?;
        check(&object, input.if_match, input.if_none_match)?;
        let (part, content_range) = part(&object, input.range)?;
        let description = object.description.clone();
        // S3 sends the digest only if it is asked for.
        let is_asked = |mode: &ChecksumMode| mode.as_str() == ChecksumMode::ENABLED;
        let digest = input.checksum_mode.filter(is_asked);
        let output = GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            checksum_sha256: digest.map(|_| description.sha256),
            content_length: i64::try_from(part.end - part.start).ok(),
            content_range,
            content_type: Some(description.content_type),
            e_tag: Some(ETag::Strong(description.e_tag)),
            last_modified: Some(object.last_modified.into()),
            ..GetObjectOutput::default()
        };
        let content = object.content(part).await;
        let content = content.map_err(S3Error::internal_error)?;
        let body = StreamingBlob::wrap(ReaderStream::with_capacity(content, READ_BYTES));
        Ok(S3Response::new(GetObjectOutput {
            body: Some(body),
            ..output
        }))
    }

    async fn head_object(
        &self,
        request: S3Request<HeadObjectInput>,
    ) -> S3Result<S3Response<HeadObjectOutput>> {
        let request = request.map_input(|head| GetObjectInput {
            key: head.key,
            if_match: head.if_match,
            if_none_match: head.if_none_match,
            range: head.range,
            checksum_mode: head.checksum_mode,
            ..GetObjectInput::default()
        });
        let got = self.get_object(request).await?;
        Ok(got.map_output(|got| HeadObjectOutput {
            accept_ranges: got.accept_ranges,
            checksum_sha256: got.checksum_sha256,
            content_length: got.content_length,
            content_range: got.content_range,
            content_type: got.content_type,
            e_tag: got.e_tag,
            last_modified: got.last_modified,
            ..HeadObjectOutput::default()
        }))
    }

    async fn delete_object(
        &self,
        request: S3Request<DeleteObjectInput>,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let deleted = self.0.delete(&request.input.key);
        deleted.map_err(S3Error::internal_error)?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }
}

impl Bucket {
    /// Receives the body. If the connection ends in the middle, nothing is left.
    async fn receive(&self, input: &mut PutObjectInput) -> S3Result<Received> {
        if input.content_length.is_none() {
            return Err(s3_error!(MissingContentLength));
        }
        let incoming = self.0.receive();
        let mut incoming = incoming.map_err(S3Error::internal_error)?;
        while let Some(body) = &mut input.body
            && let Some(content) = body.next().await
        {
            let content = content.map_err(|_| {
                s3_error!(
                    IncompleteBody,
                    "The body ends too early, or is not the one of the header x-amz-content-sha256"
                )
            })?;
            let written = incoming.write(&content).await;
            written.map_err(S3Error::internal_error)?;
        }
        let content_type = input.content_type.take();
        let content_type = content_type.unwrap_or_else(|| DEFAULT_CONTENT_TYPE.to_owned());
        let received = incoming.finish(content_type).await;
        received.map_err(S3Error::internal_error)
    }
}

fn not_met() -> S3Error {
    s3_error!(
        PreconditionFailed,
        "At least one of the pre-conditions you specified did not hold"
    )
}

/// Checks the conditions of a GET or a HEAD.
fn check(
    object: &Object,
    if_match: Option<ETagCondition>,
    if_none_match: Option<ETagCondition>,
) -> S3Result<()> {
    let e_tag = ETag::Strong(object.description.e_tag.clone());
    let is_met = |condition: ETagCondition| match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(other) => other.weak_cmp(&e_tag),
    };
    if if_match.is_some_and(|condition| !is_met(condition)) {
        return Err(not_met());
    }
    if if_none_match.is_some_and(is_met) {
        let mut error = s3_error!(NotModified);
        let e_tag = e_tag.to_http_header().map_err(S3Error::internal_error)?;
        error.set_headers(HeaderMap::from_iter([(header::ETAG, e_tag)]));
        return Err(error);
    }
    Ok(())
}

/// The requested part of the object, and the header `Content-Range` if a range was requested.
fn part(object: &Object, range: Option<s3s::dto::Range>) -> S3Result<(Range<u64>, Option<String>)> {
    let Some(range) = range else {
        return Ok((0..object.bytes, None));
    };
    let part = range.check(object.bytes)?;
    let content_range = format!("bytes {}-{}/{}", part.start, part.end - 1, object.bytes);
    Ok((part, Some(content_range)))
}
