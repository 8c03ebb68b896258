//! Verifies signatures (AWS Signature Version 4), for an API that authorizes with IAM.
//! Source: <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::Region;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use time::PrimitiveDateTime;
use time::macros::format_description;
use uuid::Uuid;

use crate::clients::REGION;

/// Maximum difference between the time of a signature and the clock.
const MAX_SKEW: Duration = Duration::from_secs(300);

/// An access key that is made for this run.
#[derive(Clone, Debug)]
pub struct KeyPair {
    /// The access key id.
    pub id: String,
    /// The secret access key.
    pub secret: String,
}

impl KeyPair {
    /// A new pair.
    #[must_use]
    pub fn random() -> Self {
        let random = || Uuid::new_v4().simple().to_string();
        Self {
            id: format!("AKIALOCAL{}", &random().to_uppercase()[..11]),
            secret: random(),
        }
    }
}

/// The parts of an `Authorization` header: `AWS4-HMAC-SHA256 Credential=ID/DATE/REGION/execute-api/aws4_request, SignedHeaders=…, Signature=…`
struct Authorization<'a> {
    id: &'a str,
    date: &'a str,
    region: &'a str,
    signed_headers: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn of(headers: &'a HeaderMap) -> Option<Self> {
        let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let scope: Vec<_> = field(text, "Credential")?.split('/').collect();
        let [id, date, region @ REGION, "execute-api", "aws4_request"] = scope[..] else {
            return None;
        };
        Some(Self {
            id,
            date,
            region,
            signed_headers: field(text, "SignedHeaders")?,
            signature: field(text, "Signature")?,
        })
    }

    fn signs(&self, name: &str) -> bool {
        self.signed_headers.split(';').any(|signed| signed == name)
    }
}

/// A field of the header `Authorization`.
pub(crate) fn field<'a>(authorization: &'a str, name: &str) -> Option<&'a str> {
    let fields = authorization.strip_prefix("AWS4-HMAC-SHA256")?;
    let mut fields = fields.split(',').map(str::trim);
    fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='))
}

/// Checks that the request is signed with this pair for the region of this service, near this time. `None` if it is not.
pub(crate) fn check_signature(
    request: &Parts,
    body: &Bytes,
    pair: &KeyPair,
    now: SystemTime,
) -> Option<()> {
    let stated = Authorization::of(&request.headers)?;
    let date = request.headers.get("x-amz-date")?.to_str().ok()?;
    let at = time_of(date)?;
    let skew = now
        .duration_since(at)
        .unwrap_or_else(|ahead| ahead.duration());
    let is_scoped = date.starts_with(stated.date) && stated.signs("host");
    if stated.id != pair.id || skew > MAX_SKEW || !is_scoped {
        return None;
    }
    let identity = Credentials::new(&pair.id, &pair.secret, None, None, "local").into();
    let region = Region::new(stated.region.to_owned());
    let mut settings = SigningSettings::default();
    // The header says which ones are signed.
    settings.excluded_headers = None;
    let params = SigningParams::builder()
        .identity(&identity)
        .region(region.as_ref())
        .name("execute-api")
        .time(at)
        .settings(settings)
        .build()
        .ok()?;
    let headers = request.headers.iter();
    let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
    // The signer adds the date itself.
    let headers = headers.filter(|(name, _)| *name != "x-amz-date" && stated.signs(name));
    let host = request.headers.get(header::HOST)?.to_str().ok()?;
    let url = format!("http://{host}{}", request.uri.path_and_query()?);
    let body = SignableBody::Bytes(body);
    let signable = SignableRequest::new(request.method.as_str(), url, headers, body).ok()?;
    let signed = sign(signable, &params.into()).ok()?;
    (signed.signature() == stated.signature).then_some(())
}

/// The time in `x-amz-date`: `20261129T210000Z`.
fn time_of(date: &str) -> Option<SystemTime> {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let at = PrimitiveDateTime::parse(date, format).ok()?;
    Some(at.assume_utc().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;
    use std::time::UNIX_EPOCH;

    const SIGNATURE: &str = "0b42ea2cbe5587460c2dc01f388964c0834d1cf82281963872548698c270aeb6";
    /// 2015-08-30T12:36:00Z.
    const AT: Duration = Duration::from_secs(1_440_938_160);

    /// The example of <https://github.com/awslabs/aws-c-auth/tree/main/tests/aws-signing-test-suite/v4/get-vanilla>, with its pair and its time, as
    /// botocore signs it for `execute-api`.
    fn signed(region: &str, signature: &str) -> Parts {
        let authorization = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/{region}/execute-api/aws4_request, SignedHeaders=host;x-amz-date, Signature={signature}"
        );
        let request = Request::get("/")
            .header("host", "example.amazonaws.com")
            .header("x-amz-date", "20150830T123600Z")
            .header("authorization", authorization);
        request.body(()).unwrap().into_parts().0
    }

    fn is_taken(request: &Parts, id: &str, secret: &str, body: &'static str, at: Duration) -> bool {
        let [id, secret] = [id, secret].map(str::to_owned);
        let body = Bytes::from_static(body.as_bytes());
        check_signature(request, &body, &KeyPair { id, secret }, UNIX_EPOCH + at).is_some()
    }

    #[test]
    fn a_signature_of_botocore_is_taken_within_five_minutes_and_nothing_else() {
        const ID: &str = "AKIDEXAMPLE";
        const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let request = signed(REGION, SIGNATURE);
        for (at, is_near) in [
            (AT, true),
            (AT + MAX_SKEW, true),
            (AT + MAX_SKEW * 2, false),
            (AT.saturating_sub(MAX_SKEW * 2), false),
        ] {
            assert_eq!(is_taken(&request, ID, SECRET, "", at), is_near, "{at:?}");
        }
        assert!(!is_taken(&request, ID, "another", "", AT));
        assert!(!is_taken(&request, "AKIDOTHER", SECRET, "", AT));
        assert!(!is_taken(&request, ID, SECRET, "x", AT));
        let mut elsewhere = signed(REGION, SIGNATURE);
        elsewhere.uri = "/jobs".parse().unwrap();
        let altered = signed(REGION, &"0".repeat(64));
        // A valid signature, but for another region.
        let signature = "300d45fccfb6e813ae31febe59eafb76967aa63153bb3edba8fdd417fcca9f78";
        let of_region = signed("eu-central-1", signature);
        let mut unsigned = signed(REGION, SIGNATURE);
        unsigned.headers.remove("authorization");
        for request in [elsewhere, altered, of_region, unsigned] {
            assert!(!is_taken(&request, ID, SECRET, "", AT), "{request:?}");
        }
    }
}
