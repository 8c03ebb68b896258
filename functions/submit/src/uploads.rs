//! `POST /uploads`, and the uploads that jobs name.
//!
//! The ticket of an upload is computed, without a call to an AWS service. The bucket itself refuses any other request, because the signature
//! covers size, media type, digest and `if-none-match: *`.

mod named;

use std::time::Duration;

use api::{
    Answer, Incoming, Problem, ProblemKind, Representation, UploadDocument, UploadHeaders, json,
};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use engine::{Bucket, ConfigError, Environment, LONGEST_ACCESS, Timestamp, upload_key};
use lambda_http::http::StatusCode;
use serde_json::Number;

pub(crate) use named::{FoundUploads, JobUploads};

use crate::App;
use crate::body::Members;
use crate::place::random;

/// Maximum length of a media type (RFC 6838, section 4.2: 127 characters for each half).
const MAX_MEDIA_TYPE_CHARS: usize = 255;

/// The bucket of uploads, and the limits of the deployment.
pub(crate) struct Uploads {
    bucket: Bucket,
    max_bytes: u64,
    /// Minimum time for which an upload is kept. Its lifecycle rule deletes it at the next midnight after that.
    pub(crate) life: Duration,
}

impl Uploads {
    /// The uploads of a deployment with a bucket: `UPLOAD_DAYS` and `MAX_UPLOAD_MIB`.
    pub(crate) fn of(bucket: Bucket, environment: &Environment) -> Result<Self, ConfigError> {
        Ok(Self {
            bucket,
            max_bytes: environment.max_upload_bytes()?,
            life: environment.upload_life()?,
        })
    }
}

/// The ticket of an upload: 201. 404 in a deployment that takes no uploads.
pub(crate) async fn ticket(
    app: &App,
    incoming: &Incoming,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let Some(uploads) = &app.uploads else {
        let detail = "This deployment takes no uploads.";
        return Err(Problem::new(ProblemKind::NotFound).detail(detail));
    };
    let form = incoming.choose(Representation::OF_RESULT)?;
    let owner = incoming.owner()?;
    let wanted = Wanted::parse(incoming, uploads.max_bytes)?;
    let id = app.secrets.issue_upload(owner, random()?);
    let size = wanted.bytes.to_string();
    let headers = UploadHeaders {
        content_type: &wanted.media_type,
        if_none_match: "*",
        x_amz_checksum_sha256: &wanted.digest,
    };
    // The client's HTTP library sets the size itself, and a browser lets nobody else do it.
    let signed = [
        ("content-length", size.as_str()),
        ("content-type", headers.content_type),
        ("if-none-match", headers.if_none_match),
        ("x-amz-checksum-sha256", headers.x_amz_checksum_sha256),
    ];
    let key = upload_key(&id);
    let url = uploads
        .bucket
        .presigned("PUT", &key, &signed, LONGEST_ACCESS, now)
        .await?;
    let document = UploadDocument::of(&id, &url, headers, now.plus(LONGEST_ACCESS));
    let answer = Answer::new(StatusCode::CREATED, form.content_type(), json(&document));
    Ok(answer.with("cache-control", "no-store"))
}

/// An upload as a client describes it.
struct Wanted {
    media_type: String,
    bytes: u64,
    /// The SHA-256 in Base64.
    digest: String,
}

impl Wanted {
    fn parse(incoming: &Incoming, max_bytes: u64) -> Result<Self, Problem> {
        let mut members = Members::of(incoming, ProblemKind::InvalidUpload)?;
        let media_type: Option<String> = members.required("media-type", "must be a string");
        let media_type = media_type.and_then(|text| {
            let wanted = "must be a media type without spaces, such as text/csv";
            members.or_wrong(
                Some(text).filter(|text| is_media_type(text)),
                "/media-type",
                wanted,
            )
        });
        let bytes: Option<Number> = members.required("bytes", "must be a whole number");
        let bytes = bytes.and_then(|number| {
            members.or_wrong(whole(&number), "/bytes", "must be a whole number")
        });
        let bytes = bytes.and_then(|bytes| {
            let wanted = format!("must be from 1 to {max_bytes}");
            let possible = Some(bytes).filter(|bytes| (1..=max_bytes).contains(bytes));
            members.or_wrong(possible, "/bytes", &wanted)
        });
        let digest: Option<String> = members.required("sha-256", "must be a string");
        let digest = digest.and_then(|hex| {
            members.or_wrong(base64_of(&hex), "/sha-256", "must be 64 hexadecimal digits")
        });
        members.end()?;
        let whole = || {
            Some(Self {
                media_type: media_type?,
                bytes: bytes?,
                digest: digest?,
            })
        };
        // Whatever is missing is an error, so this one is never seen.
        whole().ok_or_else(|| Problem::new(ProblemKind::InvalidUpload))
    }
}

/// The number, if it is whole: in JSON Schema, `8.0` is an integer, too.
fn whole(number: &Number) -> Option<u64> {
    let float = || number.as_f64().filter(|number| number.fract() == 0.0);
    let of_float = || format!("{:.0}", float()?).parse().ok();
    number.as_u64().or_else(of_float)
}

fn base64_of(hex: &str) -> Option<String> {
    let mut digest = [0; 32];
    hex::decode_to_slice(hex, &mut digest).ok()?;
    Some(BASE64_STANDARD.encode(digest))
}

/// Whether a text is a media type without spaces: a header that no proxy writes otherwise, because the signature covers it.
fn is_media_type(text: &str) -> bool {
    let (kind, parameters) = text.split_once(';').unwrap_or((text, ""));
    let is_token = |text: &str| {
        !text.is_empty()
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte))
    };
    let halves = kind.split_once('/');
    halves.is_some_and(|(kind, of_kind)| is_token(kind) && is_token(of_kind))
        && parameters.bytes().all(|byte| byte.is_ascii_graphic())
        && text.len() <= MAX_MEDIA_TYPE_CHARS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_media_type_is_two_tokens_and_what_follows() {
        for good in [
            "text/csv",
            "application/vnd.api+json",
            "text/csv;charset=utf-8",
        ] {
            assert!(is_media_type(good), "{good}");
        }
        for wrong in [
            "",
            "csv",
            "text/",
            "/csv",
            "text/csv; charset=x",
            "a/b/c",
            "text/c\u{e9}",
        ] {
            assert!(!is_media_type(wrong), "{wrong}");
        }
        assert!(!is_media_type(&format!("text/{}", "x".repeat(251))));
    }

    #[test]
    fn a_whole_number_may_have_a_point() {
        let read = |text: &str| whole(&serde_json::from_str(text).unwrap());
        assert_eq!(
            (read("8"), read("8.0"), read("8e2")),
            (Some(8), Some(8), Some(800))
        );
        assert_eq!((read("8.5"), read("-8"), read("-8.0")), (None, None, None));
    }

    #[test]
    fn a_digest_has_64_hexadecimal_digits() {
        let base64 = base64_of(&"0f".repeat(32)).unwrap();
        assert_eq!(base64, "Dw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8PDw8=");
        for wrong in ["", "0f", &"0g".repeat(32), &"0f".repeat(33)] {
            assert_eq!(base64_of(wrong), None, "{wrong}");
        }
    }
}
