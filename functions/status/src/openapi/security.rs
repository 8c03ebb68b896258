//! Who may call. The gateway sees to it; the document says it.

use engine::Authorization;
use serde_json::{Value, json};

/// The scheme, by its name, and the requirement of it; none where everybody may call.
pub(crate) fn of(authorization: Authorization) -> Option<(Value, Value)> {
    match authorization {
        Authorization::Open => None,
        Authorization::Iam => Some((
            json!({ "awsSignature": {
                "type": "apiKey",
                "in": "header",
                "name": "Authorization",
                "description": "AWS Signature Version 4 for the service execute-api.",
                "x-amazon-apigateway-authtype": "awsSigv4",
            } }),
            json!([{ "awsSignature": [] }]),
        )),
        Authorization::Jwt => Some((
            json!({ "bearerToken": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT" } }),
            json!([{ "bearerToken": [] }]),
        )),
        Authorization::Name => Some((
            json!({ "ownerName": {
                "type": "http",
                "scheme": "basic",
                "description": "Any name and any password, to be several owners of jobs. Proves nothing.",
            } }),
            json!([{}, { "ownerName": [] }]),
        )),
    }
}
