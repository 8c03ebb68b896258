//! Reading a request's body up to a limit.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody as _};

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
pub(crate) async fn read(mut body: Body, limit_bytes: usize) -> Read {
    let mut kept = Vec::new();
    let mut total_bytes = 0;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let Ok(frame) = frame else {
            return Read::Broken;
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        total_bytes += data.len();
        if total_bytes <= limit_bytes {
            kept.extend_from_slice(&data);
        } else {
            kept = Vec::new();
        }
    }
    if total_bytes > limit_bytes {
        Read::TooLarge
    } else {
        Read::Whole(kept.into())
    }
}
