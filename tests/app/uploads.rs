//! Uploads, as any HTTP client makes them: a ticket, then a PUT to the store, which knows nothing of the service.

use reqwest::{Method, redirect};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Answer, App};

impl App {
    /// Asks for the upload of this content.
    pub(crate) async fn ask_for_upload(&self, content: &[u8]) -> Answer {
        let body = json!({
            "media-type": "text/csv",
            "bytes": content.len(),
            "sha-256": hex::encode(Sha256::digest(content)),
        });
        let headers = [("content-type", "application/json")];
        self.send(Method::POST, "/uploads", &headers, body.to_string())
            .await
    }

    /// The ticket for the upload of this content.
    pub(crate) async fn ticket(&self, content: &[u8]) -> Value {
        let answer = self.ask_for_upload(content).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["upload"].take()
    }

    /// Uploads this content. Returns the upload's id.
    pub(crate) async fn upload(&self, content: Vec<u8>) -> String {
        let ticket = self.ticket(&content).await;
        let answer = put(&ticket, content).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        ticket["id"].as_str().unwrap().to_owned()
    }
}

/// Sends this content to the store, as the ticket says.
pub(crate) async fn put(ticket: &Value, content: Vec<u8>) -> Answer {
    let method = ticket["method"].as_str().unwrap().parse().unwrap();
    let mut request = without_credentials().request(method, ticket["href"].as_str().unwrap());
    for (name, value) in ticket["headers"].as_object().unwrap() {
        request = request.header(name, value.as_str().unwrap());
    }
    Answer::read(request.body(content).send().await.unwrap()).await
}

/// What the store answers to whoever has this URL.
pub(crate) async fn fetch(method: Method, url: &str) -> Answer {
    let request = without_credentials().request(method, url);
    Answer::read(request.send().await.unwrap()).await
}

fn without_credentials() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    client.redirect(redirect::Policy::none()).build().unwrap()
}
