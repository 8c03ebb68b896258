//! What large payloads take: one call for each upload that a job names, one for each time that it is read, one to store a large result
//! and one to delete it. Whoever makes a ticket or follows a redirect calls nobody, and without payloads there is no call more.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::counted::What;
use super::counted_app::CountedApp;
use crate::app::{ended_as, eventually, put};
use crate::deployment::cloudformation::text;
use crate::recorder::Call;

const LARGE_PAYLOADS: [(&str, &str); 2] = [("OptInKinds", "rehearsal"), ("LargePayloads", "true")];

const CSV: &str = "city,people\nUlm,2\n";

fn actions(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.action.as_str()).collect()
}

/// The ticket for a text, and the calls that it took.
async fn ticket_for(app: &CountedApp, csv: &str) -> (Value, Vec<Call>) {
    let digest = hex::encode(Sha256::digest(csv));
    let body = json!({"media-type": "text/csv", "bytes": csv.len(), "sha-256": digest});
    app.take();
    let mut answer = app.command_with("POST", "/uploads", &body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    (answer.body["upload"].take(), app.take())
}

#[tokio::test]
async fn an_upload_takes_a_call_at_submit_and_one_for_each_read() {
    let app = CountedApp::with(&LARGE_PAYLOADS).await;
    let (ticket, calls) = ticket_for(&app, CSV).await;
    assert_eq!(actions(&calls), [] as [&str; 0]);
    let stored = put(&ticket, CSV.into()).await;
    assert_eq!(stored.status, 200, "{stored:?}");
    let body = json!({"name": "csv_profile", "input": {"csv": {"upload": ticket["id"]}}});
    app.take();

    let accepted = app.submit_as(&[], &body).await;

    assert_eq!(accepted.status, 202, "{}", accepted.body);
    let submit = What::Submit.counted().calls;
    let expected = [&["s3:GetObject"], submit].concat();
    assert_eq!(actions(&app.take()), expected);
    let calls = app.calls_of(app.work()).await;
    let [claim, end] = What::Run.counted().calls else {
        unreachable!("a run is two calls");
    };
    assert_eq!(actions(&calls), [claim, "s3:GetObject", end]);
    let path = text(&accepted.body["task"]["href"]);
    let document = app.get(path, &[]).await.body;
    assert_eq!(document["job"]["result"]["rows"], 1, "{document}");
}

#[tokio::test]
async fn an_upload_that_several_jobs_of_a_batch_name_is_looked_up_once() {
    let app = CountedApp::with(&LARGE_PAYLOADS).await;
    let ticket = ticket_for(&app, CSV).await.0;
    assert_eq!(put(&ticket, CSV.into()).await.status, 200);
    let job = json!({"name": "csv_profile", "input": {"csv": {"upload": ticket["id"]}}});

    let calls = app
        .calls_of(app.submit_as(&[], &json!(vec![job; 12])))
        .await;

    let count = |action| calls.iter().filter(|call| call.action == action).count();
    let counts = ["s3:GetObject", "dynamodb:PutItem"].map(count);
    assert_eq!(counts, [1, 12]);
}

#[tokio::test]
async fn a_read_whose_connection_breaks_resumes_at_the_next_byte() {
    let app = CountedApp::with(&LARGE_PAYLOADS).await;
    let rows = (0..20_000).map(|row| format!("{row},{}\n", row % 7));
    let csv = rows.collect::<Vec<_>>().concat();
    let mut results = Vec::new();
    for is_cut in [false, true] {
        let ticket = ticket_for(&app, &csv).await.0;
        assert_eq!(put(&ticket, csv.clone().into()).await.status, 200);
        let input = json!({"csv": {"upload": ticket["id"]}, "header": false});
        let body = json!({"name": "csv_profile", "input": input});
        let accepted = app.submit_as(&[], &body).await;
        let path = text(&accepted.body["task"]["href"]).to_owned();
        if is_cut {
            app.deployed.worker.recorder.cut_next_read();
        }

        let calls = app.calls_of(app.work()).await;

        let reads = calls.iter().filter(|call| call.action == "s3:GetObject");
        let ranges: Vec<_> = reads.map(|call| text(&call.request["range"])).collect();
        let resumed = format!("bytes={}-", csv.len() / 2);
        let expected = if is_cut {
            vec!["bytes=0-", &resumed]
        } else {
            vec!["bytes=0-"]
        };
        assert_eq!(ranges, expected);
        results.push(app.get(&path, &[]).await.body["job"]["result"].take());
    }
    assert_eq!(results[0]["rows"], 20_000);
    // The same bytes, none twice.
    assert_eq!(results[0], results[1]);
}

#[tokio::test]
async fn a_result_in_the_bucket_takes_a_call_to_store_and_one_to_delete_and_none_to_show() {
    let app = CountedApp::with(&LARGE_PAYLOADS).await;
    let input = json!({"seconds": 0, "steps": 1, "outcome": "large-result"});
    let path = app.rehearse(&input).await;

    let calls = app.calls_of(app.work()).await;

    let [claim, end] = What::Run.counted().calls else {
        unreachable!("a run is two calls");
    };
    assert_eq!(actions(&calls), [claim, "s3:PutObject", end]);
    let key = text(&calls[1].request["path"]);
    let id = path.trim_start_matches("/jobs/");
    // Kept for a day, so that the rule for two days covers it.
    assert!(key.contains(&format!("/results/2/{id}/")), "{key}");
    app.take();
    let result = app.get(&format!("{path}/result"), &[]).await;
    assert_eq!(result.status, 307);
    assert_eq!(actions(&app.take()), What::Result.counted().calls);
    let document = app.get(&path, &[]).await;
    assert_eq!(document.body["job"]["result"], Value::Null);
    assert_eq!(actions(&app.take()), What::Poll.counted().calls);

    let calls = app.calls_of(app.command("DELETE", &path)).await;

    let delete = What::Delete.counted().calls;
    assert_eq!(actions(&calls), [delete, &["s3:DeleteObject"]].concat());
}

#[tokio::test]
async fn a_result_that_the_bucket_refuses_is_tried_again_and_ends_its_job_with_the_reason() {
    let app = CountedApp::with(&LARGE_PAYLOADS).await;
    app.deployed.worker.recorder.deny_writes();
    let input = json!({"seconds": 0, "steps": 1, "outcome": "large-result"});
    let path = app.rehearse(&input).await;

    let document = eventually("the job's end", async || {
        let messages = app.deployed.backends.messages().await;
        if !messages.is_empty() {
            app.work_on(&messages).await;
        }
        let document = app.get(&path, &[]).await.body;
        (document["status"] != "InProgress").then_some(document)
    })
    .await;

    assert_eq!(ended_as(&document), ("FAILED", "result-not-stored"));
    assert_eq!(document["job"]["attempt"], 3);
    // One in each attempt: it does not help to repeat what is refused.
    let calls = app.take();
    let puts = calls.iter().filter(|call| call.action == "s3:PutObject");
    assert_eq!(puts.count(), 3);
}

#[tokio::test]
async fn a_deployment_with_a_bucket_calls_nobody_more_for_jobs_that_do_not_need_it() {
    let app = CountedApp::with(&LARGE_PAYLOADS).await;
    app.take();

    let path = app.rehearse(&json!({"seconds": 0, "steps": 1})).await;
    assert_eq!(actions(&app.take()), What::Submit.counted().calls);
    let calls = app.calls_of(app.work()).await;
    assert_eq!(actions(&calls), What::Run.counted().calls);
    let calls = app.calls_of(app.command("DELETE", &path)).await;
    assert_eq!(actions(&calls), What::Delete.counted().calls);
}
