//! The names of a job.

use std::str::FromStr;

use reqwest::Url;
use uuid::Uuid;

use crate::{Client, ClientError};

/// A job as a person names it: its id, its absolute status URI, or the path that its document calls `@uri`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobRef {
    /// An id, below the service's base URL.
    Id(Uuid),
    /// An absolute status URI.
    Uri(Url),
    /// A path on the service's host, such as `/jobs/0192…`.
    Path(String),
}

/// The text does not name a job.
#[derive(Debug, thiserror::Error)]
#[error("a job is named by its id (a UUID) or by its status URI (http://… or https://…)")]
pub struct InvalidJobRef;

impl JobRef {
    /// Returns the status URI.
    pub fn resolve(&self, client: &Client) -> Result<Url, ClientError> {
        match self {
            Self::Id(id) => client.join(&format!("jobs/{id}")),
            Self::Uri(uri) => Ok(uri.clone()),
            Self::Path(path) => client.join(path),
        }
    }

    /// The base URL of the service that an absolute URI belongs to.
    pub(crate) fn service(&self) -> Option<Url> {
        match self {
            Self::Uri(uri) => uri.join("/").ok(),
            Self::Id(_) | Self::Path(_) => None,
        }
    }
}

impl FromStr for JobRef {
    type Err = InvalidJobRef;

    fn from_str(text: &str) -> Result<Self, InvalidJobRef> {
        if let Ok(id) = Uuid::try_parse(text) {
            return Ok(Self::Id(id));
        }
        // `//host` would be a reference to another host.
        if text.starts_with('/') && !text.starts_with("//") {
            return Ok(Self::Path(text.to_owned()));
        }
        match Url::parse(text) {
            Ok(uri) if matches!(uri.scheme(), "http" | "https") => Ok(Self::Uri(uri)),
            _ => Err(InvalidJobRef),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    const ID: &str = "01929b6e-7a52-8c3e-9d1f-0123456789ab";

    fn uri_of(text: &str) -> String {
        let client =
            Client::new("http://127.0.0.1:3000".parse().unwrap(), Options::default()).unwrap();
        text.parse::<JobRef>()
            .unwrap()
            .resolve(&client)
            .unwrap()
            .into()
    }

    #[test]
    fn an_id_a_path_and_a_uri_name_the_same_job() {
        let expected = format!("http://127.0.0.1:3000/jobs/{ID}");

        assert_eq!(uri_of(ID), expected);
        assert_eq!(uri_of(&format!("/jobs/{ID}")), expected);
        assert_eq!(uri_of(&expected), expected);
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
