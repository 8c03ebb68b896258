//! The names of a job.

use std::str::FromStr;

use reqwest::Url;
use uuid::Uuid;

use crate::{Client, ClientError};

/// A job as a person names it: its id, its absolute status URI, or the path that its document calls `@uri`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRef {
    /// A URI reference, relative to the service's base URL.
    reference: String,
}

/// The text does not name a job.
#[derive(Debug, thiserror::Error)]
#[error("a job is named by its id (a UUID) or by its status URI (http://… or https://…)")]
pub struct InvalidJobRef;

impl JobRef {
    /// Returns the status URI. An id and a path belong to the client's service. Fails with [`ClientError::Unexpected`] if a
    /// path is not a URI reference.
    pub fn resolve(&self, client: &Client) -> Result<Url, ClientError> {
        client.join(&self.reference)
    }

    /// The base URL of the service, if the job is named by an absolute URI.
    pub(crate) fn service(&self) -> Option<Url> {
        Url::parse(&self.reference).ok()?.join("/").ok()
    }
}

impl FromStr for JobRef {
    type Err = InvalidJobRef;

    fn from_str(text: &str) -> Result<Self, InvalidJobRef> {
        if let Ok(id) = Uuid::try_parse(text) {
            let reference = format!("jobs/{id}");
            return Ok(Self { reference });
        }
        // `//host` would be a reference to another host.
        let is_path = text.starts_with('/') && !text.starts_with("//");
        let is_uri = Url::parse(text).is_ok_and(|uri| matches!(uri.scheme(), "http" | "https"));
        if !is_path && !is_uri {
            return Err(InvalidJobRef);
        }
        let reference = text.to_owned();
        Ok(Self { reference })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    const ID: &str = "01929b6e-7a52-8c3e-9d1f-0123456789ab";

    #[test]
    fn an_id_a_path_and_a_uri_name_the_same_job() {
        let base = "http://127.0.0.1:3000".parse().unwrap();
        let client = Client::new(base, Options::default()).unwrap();
        let expected = format!("http://127.0.0.1:3000/jobs/{ID}");

        for text in [ID, &format!("/jobs/{ID}"), &expected] {
            let job: JobRef = text.parse().unwrap();
            assert_eq!(job.resolve(&client).unwrap().as_str(), expected);
        }
    }

    #[test]
    fn any_other_text_is_refused() {
        for text in [
            "",
            "job-1",
            "//elsewhere.example/jobs/1",
            "ftp://example.org/1",
            "jobs/1",
        ] {
            assert!(text.parse::<JobRef>().is_err(), "{text}");
        }
    }
}
