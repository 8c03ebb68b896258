//! The links of a response (RFC 8288).

use engine::{JobId, KindName};

use crate::{Answer, Incoming, JSON};

/// The path of the OpenAPI document.
pub const OPENAPI_PATH: &str = "/openapi.json";

/// The path of the secrets that sign the caller's webhooks.
pub const CALLBACKS_PATH: &str = "/callbacks";

/// The path of a kind.
#[must_use]
pub fn kind_path(kind: &KindName) -> String {
    format!("/kinds/{kind}")
}

impl Answer {
    /// Returns this response with the links of a job: to itself, to the list, and to the document that describes its members.
    #[must_use]
    pub fn job_links(self, id: &JobId, incoming: &Incoming) -> Self {
        self.link(&incoming.url(&format!("/jobs/{id}")), "self")
            .link(&incoming.url("/jobs"), "collection")
            .described(incoming)
    }

    /// Returns this response with a link to the OpenAPI document.
    #[must_use]
    pub fn described(self, incoming: &Incoming) -> Self {
        self.typed_link(&incoming.url(OPENAPI_PATH), "describedby", JSON)
    }
}
