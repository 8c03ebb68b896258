//! An object as a stream that survives broken connections.

use std::time::Duration;

use aws_smithy_types::byte_stream::ByteStream;
use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::error;

use super::ReadError;
use crate::signed::Service;
use crate::{Bucket, UploadedObject, upload_key};

/// Maximum time until the first byte of a response, and from a chunk to the next one.
const SILENCE: Duration = Duration::from_secs(10);

/// Maximum number of failures in a row.
const FAILURES: u32 = 5;

/// The delay after the first of them; it doubles.
const PAUSE: Duration = Duration::from_millis(200);

/// Reads the object from the byte `from` on and sends its chunks, until all are sent, nobody receives them any more, or it cannot be read: the error is the last
/// thing that is sent. After a broken connection, it resumes at the next byte.
pub(crate) async fn download(
    bucket: Bucket,
    object: UploadedObject,
    from: u64,
    to: mpsc::Sender<Result<Bytes, ReadError>>,
) {
    tokio::select! {
        () = to.closed() => {}
        () = send_all(&bucket, &object, from, &to) => {}
    }
}

async fn send_all(
    bucket: &Bucket,
    object: &UploadedObject,
    mut from: u64,
    to: &mpsc::Sender<Result<Bytes, ReadError>>,
) {
    let mut failures = 0;
    while from < object.bytes {
        let before = from;
        let Err(error) = receive(bucket, object, &mut from, to).await else {
            continue;
        };
        failures = if from > before { 1 } else { failures + 1 };
        if error.is_permanent() || failures == FAILURES {
            error!(upload.id = %object.id, error.source = ?std::error::Error::source(&error), "{error}");
            // Fails if nobody waits for it.
            let _ = to.send(Err(error)).await;
            return;
        }
        tokio::time::sleep(PAUSE * 2_u32.pow(failures - 1)).await;
    }
}

/// Sends the chunks of one response, and counts their bytes.
async fn receive(
    bucket: &Bucket,
    object: &UploadedObject,
    from: &mut u64,
    to: &mpsc::Sender<Result<Bytes, ReadError>>,
) -> Result<(), ReadError> {
    let (key, range) = (upload_key(&object.id), format!("bytes={from}-"));
    let headers = [("range", range.as_str()), ("if-match", &object.etag)];
    let answer = bucket.get(&key, &headers, SILENCE).await?;
    if answer.status().as_u16() != 206 {
        return Err(ReadError::of(Service::S3.refusal(answer).await));
    }
    let mut body = ByteStream::new(answer.into_body());
    loop {
        let chunk = match timeout(SILENCE, body.next()).await {
            Ok(Some(chunk)) => chunk.map_err(|e| Service::S3.unavailable(e))?,
            // A response that ends early is a broken connection.
            Ok(None) if *from < object.bytes => {
                Err(Service::S3.unavailable("the response ended early"))?
            }
            Ok(None) => return Ok(()),
            Err(late) => Err(Service::S3.unavailable(late))?,
        };
        let bytes = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        // If nobody receives it, `download` ends.
        let _ = to.send(Ok(chunk)).await;
        *from += bytes;
    }
}
