//! What the service answers.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn read(response: reqwest::Response) -> Self {
        Self {
            status: response.status().as_u16(),
            headers: response.headers().clone(),
            body: response.text().await.unwrap(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// The seconds of `Retry-After`; they are a whole number of at least 1.
    pub(crate) fn retry_after(&self) -> u64 {
        let value = self.header("retry-after");
        let seconds = value.and_then(|value| value.parse().ok());
        assert!(seconds.is_some_and(|seconds| seconds >= 1), "{self:?}");
        seconds.unwrap()
    }

    /// The problem document (RFC 9457), with every member that each one has.
    pub(crate) fn problem(&self, status: u16, slug: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json")
        );
        let problem = self.json();
        let kind = problem["type"].as_str().unwrap();
        assert!(kind.starts_with("http://127.0.0.1:"), "{problem}");
        assert!(kind.ends_with(&format!("/problems/{slug}")), "{problem}");
        assert_eq!(problem["status"], status);
        for member in ["title", "detail", "request-id"] {
            let text = problem[member].as_str();
            assert!(text.is_some_and(|text| !text.is_empty()), "{problem}");
        }
        problem
    }
}
