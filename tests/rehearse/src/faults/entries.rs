//! A batch of messages, one of which the queue does not take.

use axum::http::Response;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

use super::connections::Answer;
use crate::call::Call;

/// Takes a message out of a batch; `None` if there is none.
pub(super) fn take(call: &mut Call, which: usize) -> Option<Value> {
    let mut entries = call.entries()?.to_vec();
    let taken = (which < entries.len()).then(|| entries.remove(which))?;
    let mut body = call.body.clone();
    body["Entries"] = entries.into();
    call.set_body(body);
    Some(taken)
}

/// The answer of the others, and that this one failed.
pub(super) async fn with_failed(answer: Answer, entry: &Value) -> Answer {
    let (parts, body) = answer.into_parts();
    let Ok(body) = body.collect().await;
    let mut said: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
    if let Some(failed) = said["Failed"].as_array_mut() {
        failed.push(json!({
            "Id": entry["Id"], "Code": "InternalError", "Message": "Try again.", "SenderFault": false,
        }));
    }
    Response::from_parts(parts, Full::from(said.to_string()))
}
