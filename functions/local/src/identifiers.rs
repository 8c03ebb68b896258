//! Identifiers in the formats of AWS.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use uuid::Uuid;

/// Length of the random part of a gateway request id: 16 characters of base64, the last of them padding.
const GATEWAY_ID_BYTES: usize = 11;

/// The id of one invocation, a UUID.
pub(crate) fn invocation_id() -> String {
    Uuid::new_v4().to_string()
}

/// The id of a request in an HTTP API, for example `RL2XYiwjPHcEMEQ=`.
pub(crate) fn gateway_request_id() -> String {
    STANDARD.encode(&Uuid::new_v4().as_bytes()[..GATEWAY_ID_BYTES])
}

/// The root of an X-Ray trace that starts at `epoch_s`: `1-<8 hex digits of time>-<24 random>`.
pub(crate) fn trace_root(epoch_s: u64) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("1-{epoch_s:08x}-{}", &random[..24])
}
