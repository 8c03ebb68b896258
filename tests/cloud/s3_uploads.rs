//! Uploads to the embedded S3: all of one is stored or nothing, and nothing is replaced that must not be.

use axum::http::header;
use tokio::io::AsyncWriteExt as _;

use crate::bucket::{CONTENT, KEY, NOT_MET, Store, status_of, until};

#[tokio::test]
async fn a_body_of_another_digest_is_refused_and_nothing_is_stored() {
    let store = Store::start().await;
    let mut upload = store.upload(KEY, CONTENT);
    upload.content.reverse();

    let answer = store.send(upload.presigned()).await;

    assert_eq!(answer.error(), (400, "BadDigest"));
    assert!(!store.has_the_object().await);
    assert!(store.files().is_empty());
}

#[tokio::test]
async fn a_second_upload_is_refused_and_a_result_replaces_the_first() {
    let store = Store::with_an_object().await;
    let upload = store.upload(KEY, "other content");
    let mut result = upload.clone();
    result.headers.remove(header::IF_NONE_MATCH);

    let refused = store.send(upload.presigned()).await;
    let kept = store.send(store.get(KEY).presigned()).await;
    let replaced = store.send(result.presigned()).await;
    let got = store.send(store.get(KEY).presigned()).await;

    assert_eq!(refused.error(), NOT_MET);
    assert_eq!(kept.body, CONTENT);
    assert_eq!(replaced.status, 200);
    assert_eq!(got.body, "other content");
}

#[tokio::test]
async fn of_two_uploads_at_the_same_time_the_one_that_is_complete_first_is_stored() {
    let store = Store::start().await;
    let slow = store.upload(KEY, CONTENT).presigned();
    let (begin, end) = CONTENT.as_bytes().split_at(5);
    let mut connection = store.begin(&slow, begin).await;

    let fast = store
        .send(store.upload(KEY, "other content").presigned())
        .await;
    connection.write_all(end).await.unwrap();
    let refused = status_of(connection).await;

    assert_eq!(fast.status, 200);
    assert_eq!(refused, "HTTP/1.1 412");
    let got = store.send(store.get(KEY).presigned()).await;
    assert_eq!(got.body, "other content");
    assert_eq!(store.files().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_uploads_at_the_same_time_exactly_one_is_stored() {
    let store = Store::start().await;
    for round in 0..20 {
        let key = format!("uploads/{round}");
        let uploads = (0..8).map(|at| store.upload(&key, format!("content {at}")).presigned());
        let answers = uploads.map(|upload| store.send(upload));

        let answers = futures_util::future::join_all(answers).await;

        let stored = answers
            .iter()
            .position(|answer| answer.status == 200)
            .unwrap();
        let refused = answers.iter().filter(|answer| answer.error() == NOT_MET);
        assert_eq!(refused.count(), 7, "{answers:?}");
        let got = store.send(store.get(&key).presigned()).await;
        assert_eq!(got.body, format!("content {stored}"));
    }
}

#[tokio::test]
async fn an_upload_whose_client_leaves_in_the_middle_leaves_nothing() {
    let store = Store::start().await;
    let upload = store.upload(KEY, CONTENT).presigned();
    let connection = store.begin(&upload, &CONTENT.as_bytes()[..5]).await;
    until(|| store.files().len() == 1).await;

    drop(connection);

    until(|| store.files().is_empty()).await;
    assert!(!store.has_the_object().await);
    let again = store.send(upload).await;
    assert_eq!(again.status, 200, "{again:?}");
}

#[tokio::test]
async fn a_key_does_not_lead_out_of_the_folder() {
    let store = Store::start().await;
    for key in ["uploads/../../lock", "../lock", ".incoming-1"] {
        // Written by hand, because a client resolves the first one itself.
        let put = store.upload(key, CONTENT).presigned();
        let connection = store.begin(&put, CONTENT.as_bytes()).await;
        assert_eq!(status_of(connection).await, "HTTP/1.1 200", "{key}");
    }
    assert_eq!(store.files().len(), 3);
}
