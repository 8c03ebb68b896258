//! Reading a request's body up to a limit.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::{Body, Bytes, HttpBody as _};

/// What was read.
pub(crate) enum Read {
    /// The whole body.
    Whole(Bytes),
    /// More than the limit; it was read to its end and thrown away.
    TooLarge,
    /// The sender went away before the end.
    Broken,
}

/// Reads `body` to its end, keeping at most `limit_bytes`.
///
/// Too large a body is drained, not refused half way: a sender that is still writing when the connection closes sees a
/// broken pipe where it should see the answer.
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
