//! A stand-in for the authorizer of the HTTP API. **It proves nothing: it accepts any name with any password.** It allows
//! several owners of jobs on one machine, and is not part of any deployment.

use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

/// The issuer of every name. `.invalid` is never a real host (RFC 2606), so no record made here looks like one of an
/// authenticated caller.
const ISSUER: &str = "https://local.invalid";

/// The caller of a request, as the request states it.
#[derive(Debug, PartialEq)]
pub(crate) enum Caller {
    /// No `Authorization` header: the event has no authorizer, as on a route without one.
    Anonymous,
    /// The event's `requestContext.authorizer`, as a JWT authorizer would set it.
    Named(Value),
    /// An `Authorization` header that is not `Basic base64(name:anything)`.
    Refused,
}

/// Reads `Authorization: Basic`. The part after the colon is ignored.
pub(crate) fn caller(headers: &HeaderMap) -> Caller {
    let Some(authorization) = headers.get(header::AUTHORIZATION) else {
        return Caller::Anonymous;
    };
    match authorization.to_str().ok().and_then(basic_name) {
        Some(name) => {
            Caller::Named(json!({"jwt": {"claims": {"iss": ISSUER, "sub": name}, "scopes": null}}))
        }
        None => Caller::Refused,
    }
}

fn basic_name(authorization: &str) -> Option<String> {
    let (scheme, credentials) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (name, _password) = decoded.split_once(':')?;
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller_of(authorization: &str) -> Caller {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, authorization.parse().unwrap());
        caller(&headers)
    }

    #[test]
    fn a_name_is_taken_from_basic_credentials_whatever_the_password() {
        let authorization = format!("basic {}", STANDARD.encode("zoë:x:y"));

        let expected = json!({"jwt": {"claims": {"iss": "https://local.invalid", "sub": "zoë"}, "scopes": null}});
        assert_eq!(caller_of(&authorization), Caller::Named(expected));
    }

    #[test]
    fn no_authorization_header_is_an_anonymous_caller() {
        assert_eq!(caller(&HeaderMap::new()), Caller::Anonymous);
    }

    #[test]
    fn anything_but_well_formed_basic_credentials_is_refused() {
        let nameless = format!("Basic {}", STANDARD.encode(":password"));
        let no_colon = format!("Basic {}", STANDARD.encode("name"));
        for authorization in ["Basic", "Basic %%%", "Bearer abc", "", &nameless, &no_colon] {
            assert_eq!(caller_of(authorization), Caller::Refused, "{authorization}");
        }
    }
}
