//! Access checks of the embedded S3.
//!
//! `s3s` verifies the signature. These are the further checks of S3 on which the functions and their clients depend.

use std::collections::HashMap;

use async_trait::async_trait;
use axum::extract::Query;
use axum::http::{HeaderMap, Uri, header};
use s3s::access::{S3Access, S3AccessContext};
use s3s::{S3Result, s3_error};

use crate::bucket::BUCKET;
use crate::gateway_signature::field;

/// The operations that the template allows the functions.
const OPERATIONS: [&str; 4] = ["DeleteObject", "GetObject", "HeadObject", "PutObject"];

/// Longest validity of a presigned URL: 7 days.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>
const MAX_EXPIRES_SECONDS: u32 = 604_800;

/// The checks of a request whose signature is valid or missing.
pub(crate) struct Access;

#[async_trait]
impl S3Access for Access {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        let is_ours = request.s3_path().get_bucket_name() == Some(BUCKET)
            && OPERATIONS.contains(&request.s3_op().name());
        if request.credentials().is_none() || !is_ours {
            return Err(s3_error!(AccessDenied, "Access Denied"));
        }
        check_signature(request.uri(), request.headers())
    }
}

/// Checks which headers the signature covers, and how long it is valid.
fn check_signature(uri: &Uri, headers: &HeaderMap) -> S3Result<()> {
    let authorization = headers.get(header::AUTHORIZATION);
    let authorization = authorization.map(|value| value.to_str().unwrap_or_default());
    // Any query is a list of pairs.
    let query = Query::<HashMap<String, String>>::try_from_uri(uri).unwrap_or_default();
    let signed = match (query.get("X-Amz-SignedHeaders"), authorization) {
        (Some(_), Some(_)) => {
            return Err(s3_error!(
                InvalidArgument,
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter \
                 or the Authorization header should be specified"
            ));
        }
        (Some(signed), None) => signed,
        (None, authorization) => field(authorization.unwrap_or_default(), "SignedHeaders")
            .ok_or_else(|| s3_error!(InvalidRequest, "Please use AWS4-HMAC-SHA256."))?,
    };
    let must_be_signed = |name: &str| name == "host" || name.starts_with("x-amz-");
    let is_signed = |name: &str| signed.split(';').any(|signed| signed == name);
    let names = headers.keys().map(header::HeaderName::as_str);
    let unsigned = names.filter(|name| must_be_signed(name) && !is_signed(name));
    let unsigned: Vec<_> = unsigned.collect();
    if !unsigned.is_empty() {
        return Err(s3_error!(
            AccessDenied,
            "There were headers present in the request which were not signed: {}",
            unsigned.join(", ")
        ));
    }
    let expires = query
        .get("X-Amz-Expires")
        .map(|seconds| seconds.parse::<u32>());
    if expires.is_some_and(|seconds| !seconds.is_ok_and(|seconds| seconds <= MAX_EXPIRES_SECONDS)) {
        return Err(s3_error!(
            AuthorizationQueryParametersError,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
             {MAX_EXPIRES_SECONDS} seconds"
        ));
    }
    Ok(())
}
