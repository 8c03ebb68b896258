//! Reading a request's body up to a limit.

use axum::body::{Body, Bytes};
use futures_util::StreamExt as _;

/// Result of reading a body.
pub(crate) enum Read {
    /// The whole body.
    Whole(Bytes),
    /// The body exceeds the limit. It was read to its end and discarded.
    TooLarge,
    /// The sender closed the connection before the end.
    Broken,
}

/// Reads `body` to its end, and keeps up to `limit_bytes`.
///
/// A body that is too large is read anyway: if the connection closed while the client was still writing, the client would get a broken
/// pipe instead of the answer.
pub(crate) async fn read(body: Body, limit_bytes: usize) -> Read {
    let mut body = body.into_data_stream();
    let (mut kept, mut total_bytes) = (Vec::new(), 0);
    while let Some(data) = body.next().await {
        let Ok(data) = data else {
            return Read::Broken;
        };
        total_bytes += data.len();
        if total_bytes <= limit_bytes {
            kept.extend_from_slice(&data);
        }
    }
    if total_bytes > limit_bytes {
        Read::TooLarge
    } else {
        Read::Whole(kept.into())
    }
}
