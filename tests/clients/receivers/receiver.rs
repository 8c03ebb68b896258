use axum::{Router, body::Bytes, http::{HeaderMap, StatusCode}, routing::post};
use standardwebhooks::{Webhook, WebhookError};

pub fn receiver(secret: &str) -> Result<Router, WebhookError> {
    let webhook = Webhook::new(secret)?;
    let receive = async move |headers: HeaderMap, body: Bytes| match webhook.verify(&body, &headers) {
        Ok(()) => {
            println!("{:?} {body:?}", headers["webhook-id"]); // Skip an id that you have seen.
            StatusCode::NO_CONTENT
        }
        Err(_) => StatusCode::UNAUTHORIZED,
    };
    Ok(Router::new().route("/", post(receive)))
}
