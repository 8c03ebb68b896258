//! Who may call: the gateway enforces it, and the document describes it.

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
                "description": "Any name with any password. Each name is an owner of jobs, and nothing is verified.",
            } }),
            json!([{}, { "ownerName": [] }]),
        )),
    }
}
