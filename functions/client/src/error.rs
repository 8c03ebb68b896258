//! Why a call failed.

use std::io;
use std::time::Duration;

use reqwest::{StatusCode, Url};

use crate::client::is_loopback;
use crate::{Problem, SigningError, store};

/// Why a call failed, split by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// An HTTP client cannot be set up on this machine (TLS, resolver).
    #[error("the HTTP client cannot be set up")]
    Setup(#[source] reqwest::Error),
    /// There was no response. Retrying may help, or starting the service.
    #[error("{service} cannot be reached")]
    Unreachable {
        /// The service's origin.
        service: String,
        /// Whether that is this machine, where the reader can start the service.
        here: bool,
        /// What went wrong below HTTP.
        #[source]
        source: reqwest::Error,
    },
    /// 429 or 5xx: the same request may succeed later, unless it is a problem of the service's own with another status than 503.
    #[error("the service is busy: {problem}")]
    Busy {
        /// What the service says.
        problem: Box<Problem>,
        /// How long to wait before the next request, if the service says so.
        retry_after: Option<Duration>,
    },
    /// Any other 4xx: the request must change.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// 404: the job was never issued to this caller; for a result, also if it does not exist yet; for the secrets of webhooks: the
    /// deployment sends none.
    #[error("{0}")]
    NotFound(Box<Problem>),
    /// 410: the job has expired or was deleted; for a result also: there will never be one.
    #[error("{0}")]
    Gone(Box<Problem>),
    /// A response that is not in the contract: most likely another service is at this URL.
    #[error("unexpected response from {url}{}: {what}", .status.map(|status| format!(" ({status})")).unwrap_or_default())]
    Unexpected {
        /// The URL of the request.
        url: String,
        /// The HTTP status, if there was a response.
        status: Option<u16>,
        /// What is unexpected about it.
        what: String,
    },
    /// The deployment does not accept uploads (404 from `/uploads`): a payload must fit in the request.
    #[error("the service does not accept uploads: {0}")]
    NoUploads(Box<Problem>),
    /// The content of an upload cannot be read, or is shorter than it was when its digest was computed.
    #[error("the content cannot be read")]
    Content(#[source] io::Error),
    /// The store of large payloads (Amazon S3) refused an upload or a result. The title is its word for programs, such as `AccessDenied`, or
    /// the name of the status; the detail is its sentence for people. Retrying may help after 409, 429 and 5xx.
    #[error("the store refused the request: {0}")]
    Store(Box<Problem>),
    /// There was no response from the store of large payloads, which is another host than the service.
    #[error("the store {store} cannot be reached")]
    StoreUnreachable {
        /// The store's origin.
        store: String,
        /// What went wrong below HTTP, without the URL: its signature is a credential.
        #[source]
        source: reqwest::Error,
    },
    /// A request could not be signed. It was not sent.
    #[error("the request was not sent")]
    Signing(#[from] SigningError),
    /// The input of a submission cannot be written as JSON.
    #[error("the input cannot be written as JSON")]
    Input(#[source] serde_json::Error),
}

impl ClientError {
    pub(crate) fn unreachable(url: &Url, source: reqwest::Error) -> Self {
        Self::Unreachable {
            service: url.origin().ascii_serialization(),
            here: is_loopback(url),
            source,
        }
    }

    pub(crate) fn store_unreachable(url: &Url, source: reqwest::Error) -> Self {
        Self::StoreUnreachable {
            store: url.origin().ascii_serialization(),
            source: source.without_url(),
        }
    }

    pub(crate) fn unexpected(
        url: &Url,
        status: Option<StatusCode>,
        what: impl Into<String>,
    ) -> Self {
        Self::Unexpected {
            url: url.to_string(),
            status: status.map(|status| status.as_u16()),
            what: what.into(),
        }
    }

    /// Whether there was not even a connection.
    pub(crate) fn is_of_connect(&self) -> bool {
        matches!(self, Self::Unreachable { source, .. } if source.is_connect())
    }

    /// Whether the same request may succeed in a moment.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::StoreUnreachable { .. } => true,
            Self::Busy { problem, .. } => problem.is_transient(),
            Self::Store(problem) => store::is_transient(problem),
            _ => false,
        }
    }
}
