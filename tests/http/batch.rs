//! `POST /jobs` with an array: each item is a job or a problem, in the order of the request.
//!
//! Over 300 lines: one short test for each answer to an item.

use aws_sdk_dynamodb::types::AttributeValue;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{Answer, App, Job, eventually, time_in};
use crate::backends::{TABLE, dynamodb_client};
use crate::deployment::answers::a_job;
use crate::deployment::deployed::{Deployed, http_api_event, http_api_event_with};
use crate::deployment::events::read;

/// A job that can be told from others.
fn named(summary: &str) -> Value {
    json!({"name": "rehearsal", "input": {"seconds": 0}, "summary": summary})
}

impl App {
    async fn post_batch(&self, items: &Value) -> Answer {
        self.post(items.to_string()).await
    }

    /// The ids of the caller's jobs, oldest first.
    async fn ids(&self) -> Vec<String> {
        let list = self.get("/jobs?limit=100").await.json();
        let jobs = list["jobs"].as_array().unwrap().iter().rev();
        jobs.map(|job| job["id"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// The items of a batch with a job.
fn items(answer: &Answer) -> Vec<Value> {
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["items"].as_array().unwrap().clone()
}

fn id(item: &Value) -> &str {
    item["job"]["id"]
        .as_str()
        .unwrap_or_else(|| panic!("{item}"))
}

fn is_replay(item: &Value) -> bool {
    assert!(item["job"].is_object(), "{item}");
    item["replayed"] == true
}

/// Status and last part of the type of an item's problem.
fn problem(item: &Value) -> (u64, &str) {
    let kind = item["problem"]["type"].as_str();
    let slug = kind.and_then(|kind| kind.rsplit('/').next());
    let status = item["problem"]["status"].as_u64();
    status.zip(slug).unwrap_or_else(|| panic!("{item}"))
}

fn pointers(item: &Value) -> Vec<&str> {
    let errors = item["problem"]["errors"].as_array().unwrap().iter();
    errors
        .map(|error| error["pointer"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn jobs_and_problems_come_in_the_order_of_the_array() {
    let app = App::shared().as_user("batch-order");
    let wrong = json!({"name": "rehearsal", "input": {"steps": 0}, "more": 1});
    let batch = json!([named("0"), wrong, named("2"), 7, named("4")]);
    let headers = [("content-type", "application/json"), ("prefer", "wait=20")];

    let answer = app
        .send(Method::POST, "/jobs", &headers, batch.to_string())
        .await;

    let items = items(&answer);
    for (header, value) in [
        ("content-type", Some("application/json")),
        ("cache-control", Some("no-store")),
        ("location", None),
        ("preference-applied", None),
    ] {
        assert_eq!(answer.header(header), value, "{answer:?}");
    }
    for index in [0, 2, 4] {
        let job = &items[index]["job"];
        assert_eq!(job["summary"], index.to_string());
        assert_eq!(
            (&job["job-state"], &job["result"]),
            (&json!("SCHEDULED"), &Value::Null)
        );
        let uri = job["@uri"].as_str().unwrap();
        eventually("the job's end", async || {
            let document = app.get(uri).await.json();
            (document["status"] == "Succeeded").then_some(())
        })
        .await;
    }
    assert_eq!(problem(&items[1]), (422, "invalid-job"));
    assert_eq!(pointers(&items[1]), ["/1/input/steps", "/1/more"]);
    assert_eq!(pointers(&items[3]), ["/3"]);
    let detail = items[3]["problem"]["detail"].as_str();
    assert_eq!(detail, Some("/3 must be a JSON object"));
    assert_eq!(app.ids().await.len(), 3);
}

#[tokio::test]
async fn a_batch_without_a_job_is_422_with_the_problem_of_each_item() {
    let app = App::shared().as_user("batch-refused");
    let many: Value = (0..30).map(|n| (format!("m{n}"), json!(n))).collect();

    let refused = app.post_batch(&json!([{}, many])).await;

    let whole = refused.problem(422, "batch-refused");
    let items = whole["items"].as_array().unwrap();
    assert_eq!(pointers(&items[0]), ["/0/name", "/0/input"]);
    // Fewer than of a single submit, since there can be a hundred items.
    assert_eq!(
        (
            pointers(&items[1]).len(),
            &items[1]["problem"]["more-errors"]
        ),
        (5, &json!(27))
    );
    assert!(app.ids().await.is_empty());
}

#[tokio::test]
async fn what_is_no_batch_is_refused_as_a_whole() {
    let app = App::shared().as_user("no-batch");
    let json = ("content-type", "application/json");
    let post = async |headers: &[(&str, &str)], body: String| {
        app.send(Method::POST, "/jobs", headers, body).await
    };

    for count in [0, 101] {
        let answer = post(&[json], json!(vec![named("x"); count]).to_string()).await;
        let problem = answer.problem(422, "invalid-job");
        let errors = json!([{"pointer": "", "detail": "must be an array of 1 to 100 jobs"}]);
        assert_eq!(problem["errors"], errors);
    }
    let large = json!([named("x"), named(&"x".repeat(client::MAX_BODY_BYTES))]);
    post(&[json], large.to_string())
        .await
        .problem(413, "body-too-large");
    post(&[json], "[{]".to_owned())
        .await
        .problem(400, "malformed-json");
    let batch = json!([named("x")]).to_string();
    let text = ("content-type", "text/plain");
    post(&[text], batch.clone())
        .await
        .problem(415, "unsupported-media-type");
    let atom = ("accept", "application/atom+xml");
    post(&[json, atom], batch.clone())
        .await
        .problem(406, "not-acceptable");
    let key = ("idempotency-key", "a b");
    post(&[json, key], batch)
        .await
        .problem(400, "invalid-idempotency-key");
    assert!(app.ids().await.is_empty());
}

#[tokio::test]
async fn without_a_key_every_item_is_a_new_job_each_time() {
    let app = App::shared().as_user("batch-anew");
    let twins = json!([named("twin"), named("twin")]);

    for _ in 0..2 {
        assert_eq!(items(&app.post_batch(&twins).await).len(), 2);
    }

    let mut ids = app.ids().await;
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4);
}

#[tokio::test]
async fn a_batch_that_is_sent_again_gets_its_jobs_and_those_that_are_missing() {
    let app = App::shared().as_user("batch-again");
    let send = async |batch: Value| app.post_under("\"again\"", &batch).await;
    let first = items(&send(json!([named("0"), {}, named("2")])).await);
    assert_eq!(problem(&first[1]), (422, "invalid-job"));

    let mended = items(&send(json!([named("0"), named("1"), named("2"), named("3")])).await);
    let again = items(&send(json!([named("0"), named("1"), named("2"), named("3")])).await);

    assert_eq!(
        [id(&mended[0]), id(&mended[2])],
        [id(&first[0]), id(&first[2])]
    );
    let replays: Vec<_> = mended.iter().map(is_replay).collect();
    assert_eq!(replays, [true, false, true, false]);
    assert!(again.iter().all(is_replay), "{again:?}");
    assert_eq!(
        again.iter().map(id).collect::<Vec<_>>(),
        mended.iter().map(id).collect::<Vec<_>>()
    );
    assert_eq!(app.ids().await.len(), 4);
}

#[tokio::test]
async fn an_item_that_changed_is_a_problem_at_its_index() {
    let app = App::shared().as_user("batch-changed");
    let send = async |batch: Value| app.post_under("\"changed\"", &batch).await;
    let first = items(&send(json!([named("0"), named("1")])).await);

    let changed = items(&send(json!([named("0"), named("other")])).await);
    let swapped = send(json!([named("1"), named("0")])).await;

    assert_eq!(
        (id(&changed[0]), is_replay(&changed[0])),
        (id(&first[0]), true)
    );
    assert_eq!(problem(&changed[1]), (422, "idempotency-key-reused"));
    let refused = swapped.problem(422, "batch-refused");
    assert_eq!(
        problem(&refused["items"][0]),
        (422, "idempotency-key-reused")
    );
    assert_eq!(app.ids().await.len(), 2);
}

#[tokio::test]
async fn a_single_submit_and_a_batch_never_meet_under_one_key() {
    let app = App::shared().as_user("batch-single");

    let batch = items(&app.post_under("\"same\"", &json!([named("x")])).await);
    let single = Job::of(app.post_under("\"same\"", &named("x")).await);
    let again = items(&app.post_under("\"same\"", &json!([named("x")])).await);

    assert_ne!(single.id, id(&batch[0]));
    assert_eq!(single.accepted.header("idempotency-replayed"), None);
    assert_eq!((id(&again[0]), is_replay(&again[0])), (id(&batch[0]), true));
}

#[tokio::test]
async fn an_item_whose_job_was_deleted_makes_a_new_one() {
    let app = App::shared().as_user("batch-deleted");
    let batch = json!([named("0"), named("1")]);
    let first = items(&app.post_under("\"deleted\"", &batch).await);
    let uri = first[0]["job"]["@uri"].as_str().unwrap();
    eventually("a delete", async || {
        let deleted = app.send(Method::DELETE, uri, &[], "").await;
        (deleted.status == 204).then_some(())
    })
    .await;

    let again = items(&app.post_under("\"deleted\"", &batch).await);

    assert_eq!(
        (id(&again[0]), is_replay(&again[0])),
        (id(&first[0]), false)
    );
    assert!(is_replay(&again[1]));
    let document = app.get(uri).await;
    assert_eq!(document.status, 200, "{document:?}");
}

#[tokio::test]
async fn each_job_far_ahead_has_a_schedule_and_the_others_start() {
    let app = App::shared().as_user("batch-far");
    let later = |seconds| {
        let mut job = named("later");
        job["scheduled-start-time"] = json!(time_in(seconds));
        job
    };

    let answer = app
        .post_batch(&json!([
            later(3_600),
            named("now"),
            later(600),
            later(7_200)
        ]))
        .await;

    let items = items(&answer);
    for (index, is_far) in [(0, true), (1, false), (2, false), (3, true)] {
        let job = Job {
            id: id(&items[index]).to_owned(),
            uri: items[index]["job"]["@uri"].as_str().unwrap().to_owned(),
            accepted: app.get("/").await,
        };
        let record = app.record(&job).await.unwrap();
        assert_eq!(record.contains_key("schedule"), is_far, "{record:?}");
        if is_far {
            let name = app.schedule_name(&job).await;
            assert!(app.schedule(&name).await.is_some());
        }
    }
    let uri = items[1]["job"]["@uri"].as_str().unwrap();
    eventually("the end of the one that starts", async || {
        (app.get(uri).await.json()["status"] == "Succeeded").then_some(())
    })
    .await;
}

#[tokio::test]
async fn jobs_of_a_batch_may_name_one_upload_and_each_wrong_one_has_its_pointer() {
    let app = App::shared().as_user("batch-uploads");
    let upload = app.upload(b"city,people\nUlm,2\n".to_vec()).await;
    let of_another = App::shared()
        .as_user("batch-uploads-2")
        .upload(b"a\n1\n".to_vec())
        .await;
    let profile = |id: &str| json!({"name": "csv_profile", "input": {"csv": {"upload": id}}});

    let batch = json!([profile(&upload), profile(&of_another), profile(&upload)]);
    let items = items(&app.post_batch(&batch).await);

    assert_eq!(problem(&items[1]), (422, "invalid-job"));
    assert_eq!(pointers(&items[1]), ["/1/input/csv"]);
    for index in [0, 2] {
        let uri = items[index]["job"]["@uri"].as_str().unwrap();
        let result = eventually("a profile", async || {
            let document = app.get(uri).await.json();
            (document["status"] == "Succeeded").then(|| document["job"]["result"].clone())
        });
        assert_eq!(result.await["rows"], 1);
    }
}

#[tokio::test]
async fn a_batch_under_a_key_is_the_same_after_a_rotation_of_the_secret() {
    let (old, new) = ("o".repeat(32), "n".repeat(32));
    let key = [("idempotency-key", "\"rotated\"")];
    let event = http_api_event_with(&key, "POST", "/jobs", &json!([a_job(), a_job()]));
    let before = Deployed::with_parameters(&[("IdSecret", &old)]).await;
    let first = before.submit.answer(&event).await.body;

    let after = before
        .updated(&[("IdSecret", &format!("{new},{old}"))])
        .await;
    let again = after.submit.answer(&event).await.body;

    for index in [0, 1] {
        let (first, again) = (&first["items"][index], &again["items"][index]);
        assert_eq!((id(again), is_replay(again)), (id(first), true));
    }
    assert_eq!(after.backends.messages().await.len(), 2);
}

/// Nobody reads the answer to a schedule's event, so an item that fails must not be hidden by one that succeeds.
#[tokio::test]
async fn one_problem_in_a_schedule_s_batch_fails_the_invocation_and_a_key_is_demanded() {
    let deployed = Deployed::new().await;
    let mut event: Value = serde_json::from_str(&read("submit-scheduled")).unwrap();
    let send = async |event: &Value| deployed.submit.pool.invoke(event.to_string()).await;

    let mut batch = vec![a_job(); 3];
    batch.extend(vec![json!({}); 97]);
    event["body"] = json!(json!(batch).to_string());
    let refused = format!("{:?}", send(&event).await.unwrap_err());
    for part in [
        "refused: 422",
        "97 of 100 jobs",
        "/5/name is missing",
        ", /99",
    ] {
        assert!(refused.contains(part), "{part}: {refused}");
    }
    // The log and the queue of failed events get it.
    assert!(!refused.contains("/6/name"), "{refused}");
    assert!(refused.len() < 4_096, "{}", refused.len());
    event["body"] = json!(json!([a_job(), a_job()]).to_string());
    send(&event).await.unwrap();
    event["headers"]
        .as_object_mut()
        .unwrap()
        .remove("idempotency-key");
    let refused = format!("{:?}", send(&event).await.unwrap_err());

    assert!(refused.contains("refused: 400"), "{refused}");
    // The first two are those that were accepted before.
    assert_eq!(deployed.backends.messages().await.len(), 3);
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_a_500_of_its_item_alone() {
    let deployed = Deployed::new().await;
    let key = [("idempotency-key", "\"corrupt\"")];
    let send = async |batch: &Value| {
        let event = http_api_event_with(&key, "POST", "/jobs", batch);
        deployed.submit.answer(&event).await
    };
    let both = json!([a_job(), a_job()]);
    let first = send(&both).await.body;
    let table = dynamodb_client(&deployed.backends.dynamodb_url);
    let corrupt = table.update_item().table_name(TABLE);
    let corrupt = corrupt.key("id", AttributeValue::S(id(&first["items"][0]).to_owned()));
    let corrupt = corrupt.update_expression("REMOVE max_attempts");
    corrupt.send().await.unwrap();

    let again = send(&both).await;
    let alone = send(&json!([a_job()])).await;
    let list = http_api_event("GET", "/jobs", &Value::Null);
    let list = deployed.status.answer(&list).await.body;

    assert_eq!(again.status, 202, "{}", again.body);
    assert_eq!(problem(&again.body["items"][0]), (500, "internal-error"));
    assert!(is_replay(&again.body["items"][1]));
    assert_eq!(alone.status, 500, "{}", alone.body);
    assert_eq!(problem(&alone.body["items"][0]), (500, "internal-error"));
    // The list shows the others, and the log names the one that it lacks.
    assert_eq!(list["jobs"].as_array().unwrap().len(), 1, "{list}");
    assert_eq!(list["jobs"][0]["id"], id(&first["items"][1]));
    eventually("the error in the log", async || {
        let lines = deployed.status.lines();
        let error = lines.iter().find(|line| line["level"] == "ERROR")?;
        assert!(
            error.to_string().contains(id(&first["items"][0])),
            "{error}"
        );
        Some(())
    })
    .await;
}
