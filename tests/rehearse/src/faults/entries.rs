//! A batch of messages or keys, one of which the back end does not take.

use axum::http::Response;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};

use super::connections::Answer;
use crate::call::Call;

/// An entry that was taken out of its batch.
pub(super) struct Taken {
    /// What the answer says of it: the member, and its value.
    said: (&'static str, Value),
    /// Whether the batch has no other.
    pub(super) was_last: bool,
}

/// Takes a message or a key out of a batch; `None` if there is none.
pub(super) fn take(call: &mut Call, which: usize) -> Option<Taken> {
    let mut body = call.body.clone();
    let taken = match call.operation.as_str() {
        "SendMessageBatch" => {
            let entries = body["Entries"].as_array_mut()?;
            let entry = (which < entries.len()).then(|| entries.remove(which))?;
            let failed = json!([{
                "Id": entry["Id"], "Code": "InternalError", "Message": "Try again.", "SenderFault": false,
            }]);
            Taken {
                said: ("Failed", failed),
                was_last: entries.is_empty(),
            }
        }
        "BatchGetItem" => {
            let mut left = body["RequestItems"].clone();
            let (table, request) = body["RequestItems"].as_object_mut()?.iter_mut().next()?;
            let keys = request["Keys"].as_array_mut()?;
            let key = (which < keys.len()).then(|| keys.remove(which))?;
            left[table]["Keys"] = json!([key]);
            Taken {
                said: ("UnprocessedKeys", left),
                was_last: keys.is_empty(),
            }
        }
        _ => return None,
    };
    call.set_body(body);
    Some(taken)
}

impl Taken {
    /// The answer about the others. No order is promised for messages, so theirs is reversed.
    pub(super) async fn left_out_of(self, answer: Answer, is_named: bool) -> Answer {
        let (parts, body) = answer.into_parts();
        let Ok(body) = body.collect().await;
        let mut said: Value = serde_json::from_slice(&body.to_bytes()).unwrap_or_default();
        if let Some(successful) = said["Successful"].as_array_mut() {
            successful.reverse();
        }
        if is_named {
            let (member, value) = self.said;
            said[member] = value;
        }
        Response::from_parts(parts, Full::from(said.to_string()))
    }
}
