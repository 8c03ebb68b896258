use super::*;
use engine::{CallbackState, Failure, NewJob, Owner, Percent, test_kit};

use crate::WebhookDocument;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

fn scheduled() -> JobRecord {
    let job = NewJob {
        owner: Owner::named("admin").unwrap(),
        kind: "csv_profile".parse().unwrap(),
        summary: "a file".to_owned(),
        scheduled_start: at(1_767_264_645),
        retention: Duration::from_secs(3_600),
        ..test_kit::new_job()
    };
    JobRecord::begin(job, at(1_767_264_645))
}

fn started() -> JobRecord {
    JobRecord {
        state: JobState::Started,
        started_at: Some(at(1_767_264_655)),
        updated_at: at(1_767_264_685),
        percent: Percent::new(30),
        attempt: 1,
        ..scheduled()
    }
}

fn document(record: &JobRecord) -> serde_json::Value {
    let judged = record.judged(at(1_767_264_700));
    serde_json::to_value(JobDocument::of(&judged, "https://api.example.com")).unwrap()
}

#[test]
fn a_running_job_has_every_member_of_the_contract() {
    let record = started();
    let id = record.id.to_string();
    let expected = serde_json::json!({
        "job": {
            "@uri": format!("/jobs/{id}"), "id": id, "name": "csv_profile",
            "job-state": "STARTED", "job-status": "INPROGRESS", "percent-complete": 30,
            "scheduled-start-time": "2026-01-01T10:50:45Z", "start-time": "2026-01-01T10:50:55Z", "end-time": null,
            "estimated-end-time": "2026-01-01T10:52:35Z",
            "owner": "admin", "title": "a file", "summary": "a file",
            "attempt": 1, "max-attempts": 3, "expires-at": "2026-01-02T11:56:45Z",
            "result": null, "error": null
        },
        "status": "InProgress"
    });
    assert_eq!(document(&record), expected);
}

#[test]
fn a_job_in_a_later_slice_started_when_its_attempt_did() {
    let earlier = engine::EndedSlices {
        attempt: 1,
        began_at: at(1_767_264_650),
        ran: Duration::from_secs(4),
    };
    let sliced = JobRecord {
        ended_slices: Some(earlier),
        ..started()
    };
    assert_eq!(
        document(&sliced)["job"]["start-time"],
        "2026-01-01T10:50:50Z"
    );
    // Without an estimate, a quarter of the time since then.
    let silent = JobRecord {
        percent: Percent::ZERO,
        ..sliced
    };
    assert_eq!(retry_after(&silent.judged(at(1_767_264_690))), Some(10));
}

#[test]
fn a_job_that_succeeded_has_its_result_and_where_it_is() {
    let record = JobRecord {
        state: JobState::Completed(Outcome::Success),
        percent: Percent::DONE,
        result: Some(r#"{"rows": 1e2}"#.to_owned()),
        ..started()
    };
    let document = document(&record);
    assert_eq!(document["status"], "Succeeded");
    assert_eq!(document["job"]["result"]["rows"], 100.0);
    assert_eq!(
        document["resourceLocation"],
        format!("https://api.example.com/jobs/{}/result", record.id)
    );
    assert_eq!(document.get("error"), None);
}

#[test]
fn a_job_that_failed_says_why_in_both_places() {
    let error = Some(Failure::new("malformed-csv", "line 3 is ragged"));
    let failed = document(&JobRecord {
        state: JobState::Completed(Outcome::Failed),
        error,
        ..started()
    });
    assert_eq!(failed["status"], "Failed");
    assert_eq!(
        failed["error"],
        serde_json::json!({"code": "malformed-csv", "message": "line 3 is ragged"})
    );
    assert_eq!(failed["job"]["error"], failed["error"]);
    let canceled = document(&JobRecord {
        state: JobState::Completed(Outcome::Canceled),
        ..started()
    });
    assert_eq!(canceled["status"], "Canceled");
    assert_eq!(canceled["error"]["code"], "canceled");
}

#[test]
fn the_202_has_the_task_and_the_same_members() {
    let record = scheduled();
    let judged = record.judged(at(1_767_264_645));
    let body = JobDocument::accepted(&judged, "https://api.example.com");
    let accepted: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(
        accepted["task"],
        serde_json::json!({"href": job_path(&record), "id": record.id.to_string()})
    );
    assert_eq!(accepted["job"], document(&record)["job"]);
    assert_eq!(accepted["status"], "InProgress");
}

#[test]
fn a_client_is_told_to_wait_between_1_and_30_seconds_and_not_at_all_at_the_end() {
    let start = 1_767_264_645;
    let retry_after = |record: &JobRecord, at: Timestamp| super::retry_after(&record.judged(at));
    assert_eq!(retry_after(&scheduled(), at(start)), Some(1));
    assert_eq!(retry_after(&scheduled(), at(start + 40)), Some(10));
    assert_eq!(retry_after(&scheduled(), at(start - 10_000)), Some(30));
    assert_eq!(retry_after(&started(), at(start + 50)), Some(15));
    // At second 110 it should have been done.
    assert_eq!(retry_after(&started(), at(start + 110)), Some(1));
    assert_eq!(retry_after(&started(), at(start + 150)), Some(10));
    assert_eq!(retry_after(&started(), at(start + 50_000)), Some(30));
    let deadline = start + 86_400;
    assert_eq!(retry_after(&started(), at(deadline)), Some(30));
    assert_eq!(retry_after(&scheduled(), at(deadline + 350)), Some(10));
    let done = JobRecord {
        state: JobState::Completed(Outcome::Success),
        ..started()
    };
    assert_eq!(retry_after(&done, at(start)), None);
}

fn with_callback(state: CallbackState, attempts: u32, last_status: Option<u16>) -> JobRecord {
    JobRecord {
        state: JobState::Completed(Outcome::Success),
        ended_at: Some(at(1_767_264_690)),
        result: Some(r#"{"rows": 1}"#.to_owned()),
        callback: Some(Callback {
            url: "https://hooks.example.com/a?b=c".to_owned(),
            state,
            attempts,
            last_status,
        }),
        ..started()
    }
}

#[test]
fn a_job_with_a_callback_says_how_its_delivery_goes_and_no_other_mentions_it() {
    assert_eq!(document(&started())["job"].get("callback"), None);
    let url = "https://hooks.example.com/a?b=c";
    for (state, attempts, last_status, expected) in [
        (
            CallbackState::Pending,
            0,
            None,
            serde_json::json!({"url": url, "state": "PENDING", "attempts": 0, "last-status": null}),
        ),
        (
            CallbackState::Delivered,
            2,
            Some(204),
            serde_json::json!({"url": url, "state": "DELIVERED", "attempts": 2, "last-status": 204}),
        ),
        (
            CallbackState::Failed,
            12,
            Some(410),
            serde_json::json!({"url": url, "state": "FAILED", "attempts": 12, "last-status": 410}),
        ),
    ] {
        let record = with_callback(state, attempts, last_status);
        assert_eq!(document(&record)["job"]["callback"], expected);
    }
}

#[test]
fn a_webhook_is_the_document_of_a_finished_job_without_its_result() {
    let record = with_callback(CallbackState::Pending, 1, None);
    let judged = record.judged(at(1_767_264_700));
    let webhook = WebhookDocument::of(&judged, "https://api.example.com").unwrap();
    let webhook = serde_json::to_value(webhook).unwrap();

    let mut expected = document(&record);
    assert_eq!(expected["job"]["result"]["rows"].take(), 1);
    expected["job"]["result"] = serde_json::Value::Null;
    let expected = serde_json::json!({
        "type": "job.completed", "timestamp": "2026-01-01T10:51:30Z", "data": expected
    });
    assert_eq!(webhook, expected);

    let running = started();
    let running = running.judged(at(1_767_264_700));
    assert!(WebhookDocument::of(&running, "https://api.example.com").is_none());
}
