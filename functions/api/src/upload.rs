//! The upload document.

use engine::{Timestamp, UploadId};
use schemars::JsonSchema;
use serde::Serialize;

use crate::schemas;

/// An upload that may begin.
#[derive(JsonSchema, Serialize)]
pub struct UploadDocument<'a> {
    upload: UploadMembers<'a>,
}

/// An upload: the request that stores its content. The store refuses another size, media type or content, and a second request.
#[derive(JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Upload")]
struct UploadMembers<'a> {
    #[serde(rename = "@uri")]
    uri: String,
    /// Names the upload in the input of a job: `{"upload": "<id>"}`.
    #[schemars(schema_with = "schemas::job_id")]
    id: String,
    /// The URL for the content. It needs no credentials.
    #[schemars(url)]
    href: &'a str,
    #[schemars(extend("const" = "PUT"))]
    method: &'static str,
    /// The headers of the request, in addition to `Content-Length`.
    headers: UploadHeaders<'a>,
    /// The latest time at which the request may begin.
    #[schemars(schema_with = "schemas::time")]
    expires_at: String,
}

/// The headers of the request that stores an upload.
#[derive(Clone, Copy, Debug, JsonSchema, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct UploadHeaders<'a> {
    /// The media type.
    pub content_type: &'a str,
    /// Always `*`: nothing is replaced.
    pub if_none_match: &'a str,
    /// The SHA-256 of the content, in Base64.
    pub x_amz_checksum_sha256: &'a str,
}

impl<'a> UploadDocument<'a> {
    /// The document of an upload.
    #[must_use]
    pub fn of(
        id: &UploadId,
        href: &'a str,
        headers: UploadHeaders<'a>,
        expires_at: Timestamp,
    ) -> Self {
        let upload = UploadMembers {
            uri: format!("/uploads/{id}"),
            id: id.to_string(),
            href,
            method: "PUT",
            headers,
            expires_at: expires_at.to_string(),
        };
        Self { upload }
    }
}
