//! `GET /callbacks`: the secrets with which the caller's webhooks are signed.

use api::{Answer, CALLBACKS_PATH, Incoming, Problem, ProblemKind, Representation, json};
use engine::SigningSecret;
use lambda_http::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::App;

/// The secrets of the caller's webhooks.
#[derive(JsonSchema, Serialize)]
pub(crate) struct CallbacksDocument {
    callbacks: CallbacksMembers,
}

/// The secrets with which the caller's webhooks are signed.
#[derive(JsonSchema, Serialize)]
#[schemars(rename = "Callbacks")]
struct CallbacksMembers {
    #[serde(rename = "@uri")]
    uri: &'static str,
    /// Each secret signs every webhook. Usually there is one; while the deployment replaces its own secret, the newest is first.
    #[schemars(inner(regex(pattern = "^whsec_[A-Za-z0-9+/]{43}=$")))]
    secrets: Vec<String>,
}

/// The secrets: 200. 404 in a deployment without webhooks. They are derived from the caller's name, so nothing is read.
pub(crate) fn secrets(app: &App, incoming: &Incoming) -> Result<Answer, Problem> {
    if !app.features.webhooks {
        let detail = "This deployment sends no webhooks.";
        return Err(Problem::new(ProblemKind::NotFound).detail(detail));
    }
    let form = incoming.choose(Representation::OF_RESULT)?;
    let secrets = app.secrets.signing_secrets(incoming.owner()?);
    let document = CallbacksDocument {
        callbacks: CallbacksMembers {
            uri: CALLBACKS_PATH,
            secrets: secrets.iter().map(SigningSecret::reveal).collect(),
        },
    };
    let answer = Answer::of(form, StatusCode::OK, json(&document));
    Ok(answer
        .with("cache-control", "no-store")
        .with("vary", "accept, authorization"))
}
