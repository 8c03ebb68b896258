use std::sync::Arc;
use axum::{Router, body::Bytes, extract::State, http::{HeaderMap, StatusCode}, routing::post};
use standardwebhooks::{Webhook, WebhookError};

async fn receive(State(webhook): State<Arc<Webhook>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    if webhook.verify(&body, &headers).is_err() {
        return StatusCode::UNAUTHORIZED;
    }
    println!("{:?} {body:?}", headers["webhook-id"]); // Skip an id that you have seen, and answer 204.
    StatusCode::NO_CONTENT
}

pub fn receiver(secret: &str) -> Result<Router, WebhookError> {
    let webhook = Arc::new(Webhook::new(secret)?);
    Ok(Router::new().route("/", post(receive)).with_state(webhook))
}
