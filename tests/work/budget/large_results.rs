//! What a result costs that is too large for its job's record: one call more to write it, and one for whoever shows it.

use engine::Attribute;
use serde_json::json;

use super::counted_app::CountedApp;
use crate::app::eventually;
use crate::backends::{TABLE, dynamodb_client};
use crate::deployment::cloudformation::text;
use crate::deployment::deployed::Answer;
use crate::recorder::Call;

/// A profile of this many columns has more than 4 KB.
const COLUMNS: usize = 60;

const GET: &str = "dynamodb:GetItem";
const PUT: &str = "dynamodb:PutItem";
const UPDATE: &str = "dynamodb:UpdateItem";
const DELETE: &str = "dynamodb:DeleteItem";

/// Submits a job whose result is large.
async fn submission(app: &CountedApp, headers: &[(&str, &str)]) -> Answer {
    let row = |value: &str| vec![value; COLUMNS].join(",");
    let csv = format!("{}\n{}\n{}\n", row("name"), row("1"), row("2"));
    let body = json!({"name": "csv_profile", "input": {"csv": csv}});
    app.submit_as(headers, &body).await
}

/// The path of such a job.
async fn submit(app: &CountedApp) -> String {
    let accepted = submission(app, &[]).await;
    assert_eq!(accepted.status, 202, "{}", accepted.body);
    text(&accepted.body["task"]["href"]).to_owned()
}

fn actions(calls: &[Call]) -> Vec<&str> {
    calls.iter().map(|call| call.action.as_str()).collect()
}

fn reads(calls: &[Call]) -> f64 {
    calls.iter().map(|call| call.units.reads).sum()
}

#[tokio::test]
async fn a_large_result_takes_one_more_call_to_write_and_leaves_the_record_small() {
    let app = CountedApp::new().await;
    submit(&app).await;

    let calls = app.calls_of(app.work()).await;

    assert_eq!(actions(&calls), [UPDATE, PUT, UPDATE]);
    let [_, result, end] = &calls[..] else {
        unreachable!("three calls, as asserted");
    };
    let bytes = text(&result.request["Item"]["result"]["S"]).len();
    assert!(bytes > 4_096, "{bytes}");
    assert!(result.units.table_writes > 4.0, "{:?}", result.units);
    assert_eq!((result.units.index_writes, end.units.writes()), (0.0, 1.0));
}

#[tokio::test]
async fn a_large_result_takes_one_more_call_only_where_it_is_shown() {
    let app = CountedApp::new().await;
    let path = submit(&app).await;
    app.work().await;
    let result = format!("{path}/result");
    let page = [("accept", "text/html")];
    let entry = [("accept", "application/atom+xml")];

    let (mut shown, mut tags) = (Vec::new(), Vec::new());
    for target in [&path, &result] {
        app.take();
        let answer = app.get(target, &[]).await;
        let calls = app.take();
        assert_eq!(actions(&calls), [GET, GET], "{target}");
        // The item never changes, so half the price is enough.
        let bytes = answer.body.to_string().len();
        let of_the_result = f64::from(u32::try_from(bytes / 4_096 + 1).unwrap()) / 2.0;
        assert!(
            (1.5..=1.0 + of_the_result).contains(&reads(&calls)),
            "{calls:?}"
        );
        tags.push(answer.header("etag").to_owned());
        shown.push(answer.body);
    }

    assert_eq!(shown[0]["job"]["result"], shown[1]);
    assert!(shown[1].is_object(), "{}", shown[1]);
    for (target, headers, status) in [
        (&path, &page[..], 200),
        (&path, &entry[..], 201),
        (&path, &[("if-none-match", tags[0].as_str())][..], 304),
        (&result, &[("if-none-match", tags[1].as_str())][..], 304),
    ] {
        app.take();
        let answer = app.get(target, headers).await;

        let calls = app.take();
        assert_eq!(answer.status, status, "{headers:?}");
        assert_eq!(
            (actions(&calls), reads(&calls)),
            (vec![GET], 1.0),
            "{headers:?}"
        );
    }
}

#[tokio::test]
async fn a_replay_of_a_job_with_a_large_result_shows_it() {
    let app = CountedApp::new().await;
    let key = [("idempotency-key", "\"wide\"")];
    let accepted = submission(&app, &key).await;
    app.work().await;
    let path = text(&accepted.body["task"]["href"]);
    let shown = app.get(path, &[]).await.body;
    app.take();

    let replay = submission(&app, &key).await;
    let calls = app.take();

    assert_eq!(actions(&calls), [GET, GET]);
    assert!(shown["job"]["result"].is_object());
    assert_eq!((replay.status, &replay.body["job"]), (202, &shown["job"]));
}

#[tokio::test]
async fn a_delete_deletes_a_large_result_too() {
    let app = CountedApp::new().await;
    let path = submit(&app).await;
    app.work().await;
    assert_eq!(app.deployed.backends.records().await.len(), 2);

    let calls = app.calls_of(app.command("DELETE", &path)).await;

    assert_eq!(actions(&calls)[2..], [DELETE]);
    let left = app.deployed.backends.records().await;
    assert!(
        left.iter()
            .all(|item| !item.contains_key(Attribute::Result.name()))
    );
    assert_eq!(app.get(&path, &[]).await.status, 410);
}

#[tokio::test]
async fn a_large_result_that_an_eventually_consistent_read_does_not_find_yet_is_shown() {
    let app = CountedApp::new().await;
    let path = submit(&app).await;
    app.work().await;
    let status = &app.deployed.status;
    status.recorder.serve_stale(json!({}));

    let calls = async {
        let answer = app.get(&format!("{path}/result"), &[]).await;
        assert_eq!(answer.status, 200);
        assert!(answer.body.is_object(), "{}", answer.body);
    };

    let calls = app.calls_of(calls).await;
    assert_eq!(actions(&calls), [GET, GET, GET]);
}

#[tokio::test]
async fn a_result_that_is_missing_is_an_error_of_the_service_which_its_log_explains() {
    let app = CountedApp::new().await;
    let path = submit(&app).await;
    app.work().await;
    let table = dynamodb_client(&app.deployed.backends.dynamodb_url);
    for item in app.deployed.backends.records().await {
        let id = item[Attribute::Id.name()].clone();
        if id.as_s().unwrap().contains('#') {
            let delete = table.delete_item().table_name(TABLE);
            delete.key("id", id).send().await.unwrap();
        }
    }

    let document = app.get(&path, &[]).await;
    let result = app.get(&format!("{path}/result"), &[]).await;
    let page = app.get(&path, &[("accept", "text/html")]).await;

    let kind = |answer: &Answer| text(&answer.body["type"]).to_owned();
    assert_eq!(
        (document.status, result.status, page.status),
        (500, 500, 200)
    );
    assert!(kind(&document).ends_with("/problems/internal-error"));
    assert!(kind(&result).ends_with("/problems/internal-error"));
    let id = path.trim_start_matches("/jobs/");
    eventually("the log of both", async || {
        let lines = app.deployed.status.lines();
        let errors = lines.iter().filter(|line| line["level"] == "ERROR");
        (errors.filter(|line| line.to_string().contains(id)).count() == 2).then_some(())
    })
    .await;
}
