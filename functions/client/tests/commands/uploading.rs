//! Files of fields that are too large for the request: an upload, and a job that names it.

use std::io::Write;

use client::Exit;
use serde_json::json;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::scripted::{Answer, ID, Service, UPLOAD, UPLOAD_PATH};
use crate::{csv_of, large_csv, run, run_program};

/// A service that issues a ticket for a store and then accepts a job.
async fn service_of(store: &Service) -> Service {
    Service::start(vec![Answer::ticket(&store.base), Answer::accepted()]).await
}

fn field_of(file: &NamedTempFile) -> String {
    format!("csv=@{}", file.path().display())
}

#[tokio::test]
async fn a_large_file_is_uploaded_and_the_job_names_the_upload() {
    let store = Service::start(vec![Answer::stored()]).await;
    let service = service_of(&store).await;
    let csv = large_csv();
    let field = field_of(&csv);
    let line = [
        "submit",
        "csv_profile",
        "--field",
        &field,
        "--field",
        "rows:=3",
        "--header",
        "Authorization: Bearer secret",
        "--header",
        "X-Api-Key: k",
    ];

    let (exit, stdout) = run(&service, &line).await;

    let job = format!("{}/jobs/{ID}\n", service.base);
    assert_eq!((exit, stdout), (Exit::Success, job));
    let content = std::fs::read(csv.path()).unwrap();
    let digest: String = hex::encode(Sha256::digest(&content));
    let requests = service.requests();
    assert_eq!(requests[0].line, "POST /uploads");
    assert_eq!(
        requests[0].body,
        json!({"media-type": "text/csv", "bytes": 2_500_000, "sha-256": digest})
    );
    assert_eq!(requests[1].line, "POST /jobs");
    assert_eq!(
        requests[1].body,
        json!({"name": "csv_profile", "input": {"csv": {"upload": UPLOAD}, "rows": 3}})
    );
    for request in requests {
        assert_eq!(request.header("authorization"), Some("Bearer secret"));
        assert_eq!(request.header("x-api-key"), Some("k"));
    }
    assert_eq!(store.requests().len(), 1);
    let put = store.requests().remove(0);
    assert_eq!(put.line, format!("PUT {UPLOAD_PATH}"));
    assert!(put.bytes == content);
    let headers = put.header_names().into_iter();
    let headers: Vec<_> = headers
        .map(|name| (name, put.header(name).unwrap()))
        .collect();
    let host = store.base.trim_start_matches("http://");
    assert_eq!(
        headers,
        [
            ("accept", "*/*"),
            ("content-length", "2500000"),
            ("content-type", "text/csv"),
            ("host", host),
            ("if-none-match", "*"),
            (
                "user-agent",
                concat!("accepted/", env!("CARGO_PKG_VERSION"))
            ),
            ("x-amz-checksum-sha256", "c2hh"),
        ]
    );
}

#[tokio::test]
async fn of_two_files_that_do_not_fit_together_only_the_larger_is_uploaded() {
    let store = Service::start(vec![Answer::stored()]).await;
    let service = service_of(&store).await;
    let (larger, smaller) = (csv_of(600_000), csv_of(500_000));
    let smaller_field = format!("other=@{}", smaller.path().display());

    let line = [
        "submit",
        "csv_profile",
        "--field",
        &field_of(&larger),
        "--field",
        &smaller_field,
    ];
    let (exit, _) = run(&service, &line).await;

    assert_eq!((exit, store.requests().len()), (Exit::Success, 1));
    let input = &service.requests()[1].body["input"];
    assert_eq!(input["csv"], json!({"upload": UPLOAD}));
    assert_eq!(
        input["other"],
        std::fs::read_to_string(smaller.path()).unwrap()
    );
}

#[tokio::test]
async fn a_file_of_bytes_is_uploaded_and_a_text_in_another_encoding_is_an_error() {
    let store = Service::start(vec![Answer::stored()]).await;
    let service = service_of(&store).await;
    let mut image = NamedTempFile::with_suffix(".png").unwrap();
    let mut text = NamedTempFile::with_suffix(".csv").unwrap();
    image.write_all(b"\x89PNG").unwrap();
    text.write_all(b"city\nZ\xfcrich\n").unwrap();

    let submit = async |file| {
        run(&service, &["submit", "x", "--field", &field_of(file)])
            .await
            .0
    };

    assert_eq!(submit(&text).await, Exit::Usage);
    assert_eq!(service.requests().len(), 0);
    assert_eq!(submit(&image).await, Exit::Success);
    let announced = &service.requests()[0].body;
    assert_eq!(announced["media-type"], "application/octet-stream");
    let digest = hex::encode(Sha256::digest(b"\x89PNG"));
    assert_eq!(announced["sha-256"], digest);
    assert_eq!(store.requests()[0].bytes.as_ref(), b"\x89PNG");
}

#[tokio::test]
async fn a_large_stdin_is_uploaded() {
    let store = Service::start(vec![Answer::stored()]).await;
    let service = service_of(&store).await;
    let text = vec![b'a'; 2_000_000];

    let (exited, stderr) =
        run_program(&service, &["submit", "x", "--field", "csv=@-"], &text).await;

    assert_eq!(exited, 0, "{stderr}");
    assert!(
        stderr.contains(&format!("is stored as upload {UPLOAD}.")),
        "{stderr}"
    );
    assert!(store.requests()[0].bytes == text);
    assert_eq!(
        service.requests()[1].body["input"],
        json!({"csv": {"upload": UPLOAD}})
    );
}

#[tokio::test]
async fn a_deployment_without_uploads_is_told_with_the_reason_for_the_upload() {
    let service = Service::start(vec![Answer::problem(404, "There is no such resource")]).await;
    let mut image = NamedTempFile::with_suffix(".png").unwrap();
    image.write_all(b"\x89PNG").unwrap();

    for (file, reason) in [
        (
            large_csv(),
            "is too large to be sent inline, and this deployment does not accept uploads",
        ),
        (
            image,
            "is not UTF-8 (line 1), so it cannot be sent inline, and this deployment does not accept uploads",
        ),
    ] {
        let line = ["submit", "csv_profile", "--field", &field_of(&file)];
        let (exited, stderr) = run_program(&service, &line, b"").await;

        assert_eq!(exited, i32::from(Exit::Usage as u8), "{stderr}");
        let error = format!("error: {} {reason}\n", file.path().display());
        assert!(stderr.starts_with(&error), "{stderr}");
    }
    let lines: Vec<_> = service
        .requests()
        .into_iter()
        .map(|request| request.line)
        .collect();
    assert_eq!(lines, ["POST /uploads", "POST /uploads"]);
}

#[tokio::test]
async fn a_refusal_of_the_store_is_told_by_its_code_and_nothing_is_submitted() {
    let store = Service::start(vec![Answer::store_error(400, "BadDigest")]).await;
    let service = service_of(&store).await;
    let csv = large_csv();

    let (exited, stderr) =
        run_program(&service, &["submit", "x", "--field", &field_of(&csv)], b"").await;

    assert_eq!(exited, i32::from(Exit::Usage as u8));
    let name = csv.path().display();
    let expected = format!(
        "error: {name} cannot be uploaded: the store refused the request: BadDigest (400)\n  It is so.\n  \
         The file has probably changed since it was read. Submit it again when no program writes to it.\n"
    );
    assert_eq!(stderr, expected);
    assert_eq!((store.requests().len(), service.requests().len()), (1, 1));
}

#[tokio::test]
async fn a_key_that_was_used_before_is_explained_if_the_upload_is_new() {
    let store = Service::start(vec![Answer::stored()]).await;
    let reused = json!({"type": "/problems/idempotency-key-reused", "title": "The key was used", "status": 422});
    let answers = vec![Answer::ticket(&store.base), Answer::json(422, &reused)];
    let service = Service::start(answers).await;
    let csv = large_csv();

    let line = ["submit", "x", "--key", "k-1", "--field", &field_of(&csv)];
    let (exited, stderr) = run_program(&service, &line, b"").await;

    assert_eq!(exited, i32::from(Exit::Usage as u8));
    assert!(
        stderr.contains("error: The key was used (422)\n  An upload gets a new id each time"),
        "{stderr}"
    );
}
