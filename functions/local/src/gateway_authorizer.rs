//! A stand-in for the authorizer of the HTTP API. By default **it proves nothing: it accepts any name with any password**, which allows
//! several owners of jobs on one machine. On request it demands what a deployment demands, with credentials of this run.

use std::time::SystemTime;

use axum::body::Bytes;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::function::ACCOUNT_ID;
use crate::gateway_response::own_error;
use crate::gateway_signature::{KeyPair, check_signature};
use crate::gateway_tokens::{ISSUER, TokenIssuer};

/// What the gateway demands of a request.
#[derive(Clone, Debug, Default)]
pub enum Authorizer {
    /// Nothing. HTTP Basic can state a name, which is not verified.
    #[default]
    Name,
    /// A signature with this key pair, as `Authorization=AWS_IAM` does.
    Iam(KeyPair),
    /// A token of this issuer, as `Authorization=JWT` does.
    Jwt(TokenIssuer),
}

/// The request does not meet the demand.
pub(crate) struct Refused;

impl Authorizer {
    /// The value of `AUTHORIZATION` for the functions.
    pub(crate) fn setting(&self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Iam(_) => "AWS_IAM",
            Self::Jwt(_) => "JWT",
        }
    }

    /// The event's `requestContext.authorizer`; `None` if the caller is anonymous.
    pub(crate) fn authorize(
        &self,
        request: &Parts,
        body: &Bytes,
    ) -> Result<Option<Value>, Refused> {
        let headers = &request.headers;
        let authorizer = match self {
            Self::Name if !headers.contains_key(header::AUTHORIZATION) => return Ok(None),
            Self::Name => named(headers),
            Self::Iam(pair) => {
                check_signature(request, body, pair, SystemTime::now()).map(|()| user(pair))
            }
            Self::Jwt(issuer) => bearer(headers)
                .and_then(|token| issuer.claims(token))
                .map(|claims| json!({"jwt": {"claims": claims, "scopes": null}})),
        };
        authorizer.map(Some).ok_or(Refused)
    }

    /// The response to a request that does not meet the demand, as an HTTP API words it.
    pub(crate) fn refusal(&self) -> Response {
        let challenge = match self {
            // An HTTP API does not say how to sign.
            Self::Iam(_) => return own_error(StatusCode::FORBIDDEN, "Forbidden"),
            Self::Name => "Basic realm=\"local development\", charset=\"UTF-8\"",
            Self::Jwt(_) => "Bearer",
        };
        let mut refusal = own_error(StatusCode::UNAUTHORIZED, "Unauthorized");
        let challenge = HeaderValue::from_static(challenge);
        refusal
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
        refusal
    }
}

/// The IAM user that the key pair belongs to.
fn user(pair: &KeyPair) -> Value {
    let id = "AIDALOCALUSEREXAMPLE";
    json!({"iam": {
        "accessKey": pair.id,
        "accountId": ACCOUNT_ID,
        "callerId": id,
        "cognitoIdentity": null,
        "principalOrgId": null,
        "userArn": format!("arn:aws:iam::{ACCOUNT_ID}:user/local"),
        "userId": id,
    }})
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    // An HTTP API takes the token without the scheme, too.
    let (scheme, token) = authorization
        .split_once(' ')
        .unwrap_or(("bearer", authorization));
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
}

/// The caller that `Authorization: Basic` states. The part after the colon is ignored.
fn named(headers: &HeaderMap) -> Option<Value> {
    let authorization = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(credentials.trim()).ok()?).ok()?;
    let (name, _password) = decoded.split_once(':')?;
    let claims = json!({"iss": ISSUER, "sub": name});
    (!name.is_empty()).then(|| json!({"jwt": {"claims": claims, "scopes": null}}))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `None` if the request is refused.
    fn caller_of(authorizer: &Authorizer, authorization: &str) -> Option<Value> {
        let request =
            axum::http::Request::get("/jobs").header(header::AUTHORIZATION, authorization);
        let (request, ()) = request.body(()).unwrap().into_parts();
        authorizer.authorize(&request, &Bytes::new()).ok().flatten()
    }

    #[test]
    fn anything_but_well_formed_basic_credentials_is_refused() {
        let nameless = format!("Basic {}", STANDARD.encode(":password"));
        let no_colon = format!("Basic {}", STANDARD.encode("name"));
        for authorization in ["Basic", "Basic %%%", "Bearer abc", "", &nameless, &no_colon] {
            let caller = caller_of(&Authorizer::Name, authorization);
            assert_eq!(caller, None, "{authorization}");
        }
    }

    #[test]
    fn a_token_of_this_issuer_names_its_subject_and_another_one_is_refused() {
        let issuer = TokenIssuer::random();
        let token = issuer.token("zoë");
        let jwt = Authorizer::Jwt(issuer);
        for authorization in [format!("Bearer {token}"), token.clone()] {
            let authorizer = caller_of(&jwt, &authorization).unwrap();
            assert_eq!(authorizer["jwt"]["claims"]["sub"], "zoë");
            // As in an event of AWS, where every claim is a text.
            assert!(authorizer["jwt"]["claims"]["exp"].is_string());
        }
        for authorization in [
            format!("Bearer {}", TokenIssuer::random().token("zoë")),
            format!("Bearer {token}x"),
            format!("Basic {token}"),
        ] {
            let caller = caller_of(&jwt, &authorization);
            assert_eq!(caller, None, "{authorization}");
        }
    }
}
