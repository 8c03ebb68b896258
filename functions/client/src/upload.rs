//! Uploads: payloads that are too large for a request.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{CONTENT_LENGTH, HeaderMap};
use reqwest::{Method, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::client::Response;
use crate::content::Sending;
use crate::{Client, ClientError, Content, Problem, Trouble, store};

/// How often an upload reports its progress.
const REPORT_EVERY: Duration = Duration::from_millis(100);
/// On a retry, the content follows its headers this much later. If the store refuses it at once, it closes the connection, and
/// while content is on its way, that can destroy the refusal before it is read (TCP reset). Longer than a round trip.
const RETRY_BODY_DELAY: Duration = Duration::from_millis(500);

/// A payload that the service has stored for its owner. The input of any number of jobs may name it, for as many days as the deployment
/// keeps uploads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    /// The id, a UUID.
    pub id: String,
}

impl Upload {
    /// The value of an input field that names this upload: `{"upload": "<id>"}`.
    #[must_use]
    pub fn reference(&self) -> Value {
        json!({"upload": self.id})
    }
}

/// What [`Client::upload`] reports while it runs.
#[derive(Debug)]
pub enum UploadProgress<'a> {
    /// Bytes of this try that are sent. After a retry, they start from 0 again.
    Sent(u64),
    /// A try failed; the next one follows after a pause.
    Trouble(Trouble<'a>),
}

#[derive(Deserialize)]
struct Body {
    upload: TicketBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct TicketBody {
    id: String,
    href: String,
    method: String,
    headers: HashMap<String, String>,
}

/// The permission to store one content. Not `Debug`: the URL's signature is a credential.
struct Ticket {
    url: Url,
    headers: HeaderMap,
    upload: Upload,
}

impl Client {
    /// Uploads a payload of up to as many bytes as the deployment allows, for example 5 GiB, and calls `on_progress` about ten
    /// times a second. [`Upload::reference`] is the value to submit.
    ///
    /// Makes two requests: the service issues a ticket for exactly this content, then the store receives the content, without
    /// the credentials of [`Options`](crate::Options). A temporary failure of the store is retried as often as
    /// [`RetryPolicy`](crate::RetryPolicy) allows. Each call creates another upload, with another id.
    ///
    /// Fails with [`ClientError::NoUploads`] if the deployment does not accept uploads, with [`ClientError::Refused`] if the content is too
    /// large, with [`ClientError::Store`] if the store refuses it (`BadDigest`: it has changed since its digest was computed),
    /// and with [`ClientError::Content`] if the file cannot be read.
    pub async fn upload(
        &self,
        content: &Content,
        mut on_progress: impl FnMut(UploadProgress<'_>),
    ) -> Result<Upload, ClientError> {
        let ticket = self.ticket(content).await?;
        let mut retries = 0;
        loop {
            let delay = if retries == 0 {
                Duration::ZERO
            } else {
                RETRY_BODY_DELAY
            };
            let error = match put(&ticket, content, delay, &mut on_progress).await {
                Ok(()) => return Ok(ticket.upload),
                // The answer to an earlier try was lost. What is stored is this content: the signature binds its digest.
                Err(ClientError::Store(problem)) if retries > 0 && problem.status == 412 => {
                    return Ok(ticket.upload);
                }
                Err(error) => error,
            };
            // The service answered, so there is a network; the store may be reached in a moment.
            let report = |trouble: Trouble<'_>| on_progress(UploadProgress::Trouble(trouble));
            self.pause(&mut retries, error, report).await?;
        }
    }

    /// Asks the service for a ticket.
    async fn ticket(&self, content: &Content) -> Result<Ticket, ClientError> {
        let url = self.join("uploads")?;
        let announcement = json!({
            "media-type": content.media_type(),
            "bytes": content.bytes(),
            "sha-256": hex::encode(content.sha256()),
        });
        let post = self.request(Method::POST, &url).json(&announcement);
        let response = self.send(&url, post).await?;
        if response.status == StatusCode::NOT_FOUND {
            return Err(ClientError::NoUploads(Box::new(Problem::of(&response))));
        }
        ticket(&response.checked()?)
    }
}

fn ticket(response: &Response) -> Result<Ticket, ClientError> {
    let Body { upload } = response.document()?;
    if upload.method != "PUT" {
        return Err(response.unexpected("the ticket is not for a PUT"));
    }
    let url = store::signed_url(&response.url, &upload.href);
    let headers = HeaderMap::try_from(&upload.headers);
    Ok(Ticket {
        url: url.map_err(|what| response.unexpected(what))?,
        headers: headers.map_err(|_| response.unexpected("a header of the ticket is invalid"))?,
        upload: Upload { id: upload.id },
    })
}

/// Sends the content to the store, once.
async fn put(
    ticket: &Ticket,
    content: &Content,
    body_delay: Duration,
    on_progress: &mut impl FnMut(UploadProgress<'_>),
) -> Result<(), ClientError> {
    let sending = Arc::<Sending>::default();
    let body = content.body(body_delay, Arc::clone(&sending)).await?;
    let request = store::put(&ticket.url, content.bytes())?
        .headers(ticket.headers.clone())
        // Without it, a stream is sent with `Transfer-Encoding: chunked`, which does not match the signature.
        .header(CONTENT_LENGTH, content.bytes())
        .body(body);
    on_progress(UploadProgress::Sent(0));
    let mut answer = pin!(request.send());
    let answer = loop {
        match timeout(REPORT_EVERY, &mut answer).await {
            Ok(answer) => break answer,
            Err(_) => on_progress(UploadProgress::Sent(sending.bytes())),
        }
    };
    match answer {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(response) => Err(store::refusal(response).await),
        Err(source) => Err(match sending.take_failure() {
            Some(error) => ClientError::Content(error),
            None => ClientError::store_unreachable(&ticket.url, source),
        }),
    }
}
