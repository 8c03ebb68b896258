//! Requests that the embedded S3 refuses for whom they come from: a wrong signature, a missing permission, a page of another origin.

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::SignableBody;
use axum::http::{HeaderName, HeaderValue, Method, Request, header};

use crate::bucket::{CONTENT, DENIED, DIGEST, Draft, KEY, PAGES, Store};

const WRONG_SIGNATURE: (u16, &str) = (403, "SignatureDoesNotMatch");

#[tokio::test]
async fn a_request_without_a_valid_signature_is_refused() {
    let store = Store::with_an_object().await;
    let get = store.get(KEY);
    let secret = Draft {
        key: ["local", "guessed"],
        ..get.clone()
    };
    let id = Draft {
        key: ["AKIDNOBODY", "local"],
        ..get.clone()
    };
    let hour = Duration::from_secs(3_600);
    let expired = Draft {
        signed_at: SystemTime::now() - hour,
        ..get.clone()
    };
    let later = Draft {
        signed_at: SystemTime::now() + hour,
        ..get.clone()
    };
    let weeks = Draft {
        valid: Duration::from_secs(604_801),
        ..get.clone()
    };
    let mut of_another = get.presigned();
    let uri = of_another.uri().to_string().replace("000001?", "000002?");
    *of_another.uri_mut() = uri.parse().unwrap();
    let mut to_delete = get.presigned();
    *to_delete.method_mut() = Method::DELETE;
    let mut twice = get.presigned();
    let value = get.authorized(SignableBody::UnsignedPayload).headers()["authorization"].clone();
    twice.headers_mut().insert(header::AUTHORIZATION, value);

    for (request, error) in [
        (get.unsigned(), DENIED),
        (secret.presigned(), WRONG_SIGNATURE),
        (
            secret.authorized(SignableBody::UnsignedPayload),
            WRONG_SIGNATURE,
        ),
        (id.presigned(), (403, "NotSignedUp")),
        (expired.presigned(), DENIED),
        (
            expired.authorized(SignableBody::UnsignedPayload),
            (403, "RequestTimeTooSkewed"),
        ),
        (later.presigned(), (403, "RequestTimeTooSkewed")),
        (
            weeks.presigned(),
            (400, "AuthorizationQueryParametersError"),
        ),
        (of_another, WRONG_SIGNATURE),
        (to_delete, WRONG_SIGNATURE),
        (twice, (400, "InvalidArgument")),
    ] {
        let answer = store.send(request).await;
        assert_eq!(answer.error(), error, "{answer:?}");
    }
    let answer = store.send(expired.presigned()).await;
    assert!(
        answer
            .body
            .contains("<Message>Request has expired</Message>"),
        "{answer:?}"
    );
    assert!(store.has_the_object().await);
}

#[tokio::test]
async fn a_kind_s_own_access_key_is_accepted_because_the_worker_signs_everything_with_it() {
    let store = Store::with_an_object().await;
    let key = ["AKIDOFKINDS", "of kinds"];

    let got = Draft {
        key,
        ..store.get(KEY)
    };
    let got = store
        .send(got.authorized(SignableBody::UnsignedPayload))
        .await;

    assert_eq!(got.body, CONTENT);
}

#[tokio::test]
async fn an_upload_that_differs_from_what_was_signed_is_refused_and_nothing_is_stored() {
    let store = Store::start().await;
    let upload = store.upload(KEY, CONTENT);
    let changed = |change: &dyn Fn(&mut Draft)| {
        let signed = upload.presigned();
        let mut sent = upload.clone();
        change(&mut sent);
        let mut request = sent.unsigned();
        *request.uri_mut() = signed.uri().clone();
        request
    };
    let set = |name: HeaderName, value: &'static str| {
        changed(&move |sent: &mut Draft| {
            sent.headers
                .insert(name.clone(), HeaderValue::from_static(value));
        })
    };
    let without =
        |name: HeaderName| changed(&move |sent: &mut Draft| drop(sent.headers.remove(&name)));

    for (request, error) in [
        (changed(&|sent| sent.content.push(b'\n')), WRONG_SIGNATURE),
        (changed(&|sent| sent.content.truncate(3)), WRONG_SIGNATURE),
        (set(header::CONTENT_TYPE, "text/html"), WRONG_SIGNATURE),
        (without(header::CONTENT_TYPE), WRONG_SIGNATURE),
        (without(header::IF_NONE_MATCH), WRONG_SIGNATURE),
        (without(DIGEST), WRONG_SIGNATURE),
        (set(HeaderName::from_static("x-amz-meta-more"), "1"), DENIED),
    ] {
        let answer = store.send(request).await;
        assert_eq!(answer.error(), error, "{answer:?}");
    }
    assert!(!store.has_the_object().await);
    assert!(store.files().is_empty());
    let answer = store.send(upload.presigned()).await;
    assert_eq!(answer.status, 200, "{answer:?}");
}

#[tokio::test]
async fn what_the_functions_have_no_permission_for_is_denied() {
    let store = Store::with_an_object().await;
    let list = store.get("?list-type=2");
    let mut other_bucket = store.get(KEY);
    other_bucket.url = other_bucket.url.replace("/payloads/", "/others/");
    let mut tags = store.get(KEY);
    tags.url.push_str("?tagging");

    for draft in [list, other_bucket, tags] {
        let answer = store
            .send(draft.authorized(SignableBody::UnsignedPayload))
            .await;
        assert_eq!(answer.error(), DENIED, "{answer:?}");
    }
}

#[tokio::test]
async fn pages_of_every_origin_may_read_and_those_of_the_deployment_may_upload() {
    let store = Store::with_an_object().await;
    let preflight = async |origin: &str, method: &str, headers: &str| {
        let draft = store.draft(Method::OPTIONS, KEY);
        let draft = draft.with(header::ORIGIN, origin);
        let draft = draft.with(header::ACCESS_CONTROL_REQUEST_METHOD, method);
        let draft = draft.with(header::ACCESS_CONTROL_REQUEST_HEADERS, headers);
        store.send(draft.unsigned()).await
    };
    let of_upload = "content-type,if-none-match,x-amz-checksum-sha256";

    let upload = preflight(PAGES, "PUT", of_upload).await;
    assert_eq!(upload.status, 200);
    assert_eq!(upload.header("access-control-allow-origin"), PAGES);
    assert_eq!(upload.header("access-control-allow-methods"), "PUT");
    assert_eq!(upload.header("access-control-allow-headers"), of_upload);
    let of_the_service = preflight("http://127.0.0.1:3000", "PUT", of_upload).await;
    assert_eq!(of_the_service.status, 200);
    let read = preflight("null", "GET", "range,traceparent").await;
    assert_eq!(read.status, 200);
    assert_eq!(read.header("access-control-allow-origin"), "*");
    assert_eq!(
        read.header("access-control-allow-headers"),
        "range,traceparent"
    );
    for refused in [
        preflight("https://evil.example.com", "PUT", of_upload).await,
        preflight(PAGES, "PUT", "x-amz-meta-more").await,
        preflight(PAGES, "DELETE", "").await,
    ] {
        assert_eq!(refused.status, 403);
        assert_eq!(refused.header("access-control-allow-origin"), "");
    }

    for key in [KEY, "uploads/none"] {
        let got = store.get(key).presigned();
        let (mut parts, body) = got.into_parts();
        parts
            .headers
            .insert(header::ORIGIN, HeaderValue::from_static("null"));
        let got = store.send(Request::from_parts(parts, body)).await;
        assert_eq!(got.header("access-control-allow-origin"), "*", "{got:?}");
        let exposed = got.header("access-control-expose-headers");
        assert!(
            ["etag", "content-length", "content-range"]
                .iter()
                .all(|name| exposed.contains(name))
        );
    }
}
