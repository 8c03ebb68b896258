//! The embedded S3 over HTTP: reads of an object, and how long it is kept.

use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::SignableBody;
use axum::http::{HeaderName, Method, header};

use crate::bucket::{CONTENT, DENIED, DIGEST, Draft, KEY, Store, until};

#[tokio::test]
async fn an_upload_is_read_again_with_what_is_known_of_it() {
    let store = Store::start().await;

    let put = store.send(store.upload(KEY, CONTENT).presigned()).await;
    let got = store.send(store.get(KEY).presigned()).await;
    let head = store.draft(Method::HEAD, KEY);
    let head = store.send(head.presigned()).await;

    assert_eq!((put.status.as_u16(), put.body.as_str()), (200, ""));
    assert_eq!((got.status.as_u16(), got.body.as_str()), (200, CONTENT));
    assert_eq!((head.status.as_u16(), head.body.as_str()), (200, ""));
    for answer in [&got, &head] {
        assert_eq!(answer.header("etag"), put.header("etag"));
        assert_eq!(answer.header("content-type"), "text/csv");
        assert_eq!(answer.header("content-length"), CONTENT.len().to_string());
        assert_eq!(answer.header("accept-ranges"), "bytes");
        assert!(
            answer.header("last-modified").ends_with(" GMT"),
            "{answer:?}"
        );
        assert_eq!(answer.header(DIGEST.as_str()), "");
    }
    let e_tag = put.header("etag").trim_matches('"');
    assert_eq!((put.header("etag").len(), e_tag.len()), (34, 32), "{e_tag}");
}

#[tokio::test]
async fn a_signature_in_the_headers_does_what_one_in_the_query_does() {
    let store = Store::start().await;
    let result = Draft {
        content: CONTENT.into(),
        ..store.draft(Method::PUT, KEY)
    };
    let digest = HeaderName::from_static("x-amz-checksum-mode");
    let get = store.get(KEY).with(digest, "ENABLED");

    for body in [
        SignableBody::Bytes(CONTENT.as_bytes()),
        SignableBody::UnsignedPayload,
    ] {
        let put = store.send(result.authorized(body)).await;
        assert_eq!(put.status, 200, "{put:?}");
        let got = store
            .send(get.authorized(SignableBody::UnsignedPayload))
            .await;
        assert_eq!((got.status.as_u16(), got.body.as_str()), (200, CONTENT));
        assert_eq!(got.header("content-type"), "binary/octet-stream");
        let upload = store.upload(KEY, CONTENT);
        assert_eq!(got.header(DIGEST.as_str()), upload.headers[DIGEST]);
    }
    let other = SignableBody::Bytes(b"other content");
    let put = store.send(result.authorized(other)).await;
    assert_eq!(put.error(), (400, "IncompleteBody"));
}

#[tokio::test]
async fn a_range_is_a_part_of_the_content() {
    let store = Store::with_an_object().await;
    let of = async |method: &Method, range: &str| {
        let draft = store.draft(method.clone(), KEY).with(header::RANGE, range);
        store.send(draft.presigned()).await
    };

    for (range, part, content_range) in [
        ("bytes=0-3", "city", "bytes 0-3/20"),
        ("bytes=12-", "Paris,2\n", "bytes 12-19/20"),
        ("bytes=-2", "2\n", "bytes 18-19/20"),
        ("bytes=19-99", "\n", "bytes 19-19/20"),
    ] {
        for (method, body) in [(Method::GET, part), (Method::HEAD, "")] {
            let answer = of(&method, range).await;
            assert_eq!((answer.status.as_u16(), answer.body.as_str()), (206, body));
            assert_eq!(answer.header("content-range"), content_range);
            assert_eq!(answer.header("content-length"), part.len().to_string());
        }
    }
    let behind = of(&Method::GET, "bytes=20-").await;
    assert_eq!(behind.error(), (416, "InvalidRange"));
}

#[tokio::test]
async fn a_condition_on_the_etag_is_kept() {
    let store = Store::with_an_object().await;
    let head = store.send(store.draft(Method::HEAD, KEY).presigned()).await;
    let e_tag = head.header("etag");
    let other = "\"00000000000000000000000000000000\"";

    for (name, value, status) in [
        (header::IF_MATCH, e_tag, 200),
        (header::IF_MATCH, other, 412),
        (header::IF_NONE_MATCH, e_tag, 304),
        (header::IF_NONE_MATCH, other, 200),
    ] {
        for method in [Method::GET, Method::HEAD] {
            let draft = store.draft(method, KEY).with(name.clone(), value);
            let signed = draft.authorized(SignableBody::UnsignedPayload);
            let answer = store.send(signed).await;
            assert_eq!(answer.status, status, "{name}: {value}");
            assert_eq!(
                answer.header("etag"),
                if status == 412 { "" } else { e_tag }
            );
        }
    }
}

#[tokio::test]
async fn a_missing_object_is_denied_as_to_those_who_may_not_list_and_deleting_it_succeeds() {
    let store = Store::with_an_object().await;

    for _ in 0..2 {
        let deleted = store.draft(Method::DELETE, KEY).presigned();
        let deleted = store.send(deleted).await;
        assert_eq!((deleted.status.as_u16(), deleted.body.as_str()), (204, ""));
    }

    let got = store.send(store.get(KEY).presigned()).await;
    assert_eq!(got.error(), DENIED);
    let head = store.send(store.draft(Method::HEAD, KEY).presigned()).await;
    assert_eq!(head.status, 403);
    assert!(store.files().is_empty());
}

#[tokio::test]
async fn an_object_is_deleted_when_its_days_are_over() {
    let store = Store::with_an_object().await;
    let week = Duration::from_secs(7 * 86_400);
    let file = std::fs::File::open(&store.files()[0]).unwrap();

    file.set_modified(SystemTime::now() - week).unwrap();

    until(|| store.files().is_empty()).await;
    assert!(!store.has_the_object().await);
}

#[tokio::test]
async fn objects_are_kept_between_runs_and_what_was_not_complete_is_not() {
    let store = Store::with_an_object().await;
    let half = store.upload("uploads/2", CONTENT).presigned();
    let connection = store.begin(&half, b"city").await;
    until(|| store.files().len() == 2).await;
    let modified = store.send(store.get(KEY).presigned()).await;

    let store = store.restarted().await;

    let got = store.send(store.get(KEY).presigned()).await;
    assert_eq!(got.body, CONTENT);
    assert_eq!(
        got.header("last-modified"),
        modified.header("last-modified")
    );
    assert_eq!(got.header("content-type"), "text/csv");
    assert_eq!(store.files().len(), 1);
    drop(connection);
}
