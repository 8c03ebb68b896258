//! Submits of jobs that start later than the queue can delay a message, before a canned Scheduler.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{BackEnd, Function};
use crate::app::time_in;

/// A job that starts in this many seconds.
fn acceptable_in(seconds: u64) -> String {
    let start = time_in(seconds);
    json!({"name": "rehearsal", "input": {"seconds": 1}, "scheduled-start-time": start}).to_string()
}

#[tokio::test]
async fn a_job_further_ahead_than_a_message_can_be_delayed_has_a_schedule_in_its_place() {
    let submit = Function::start("submit", None).await;

    for (seconds, call) in [(900, "SendMessage"), (960, "CreateSchedule")] {
        submit.back_end.calls.lock().unwrap().clear();
        let accepted = submit.ask("POST", "/jobs", &acceptable_in(seconds)).await;
        assert_eq!(accepted["statusCode"], 202, "{accepted}");
        assert_eq!(submit.back_end.calls(), [call, "PutItem"]);
    }
}

#[tokio::test]
async fn a_job_without_its_schedule_is_not_written_and_a_conflict_is_never_a_success() {
    for (status, expected) in [(500, 503), (409, 503), (402, 503), (403, 500)] {
        let back_end = BackEnd {
            broken: Some(("CreateSchedule", StatusCode::from_u16(status).unwrap())),
            ..BackEnd::default()
        };
        let submit = Function::before("submit", back_end, &[]).await;

        let answer = submit.ask("POST", "/jobs", &acceptable_in(960)).await;

        assert_eq!(answer["statusCode"], expected, "{status}: {answer}");
        assert_eq!(submit.back_end.calls(), ["CreateSchedule"]);
    }
}

#[tokio::test]
async fn an_input_that_is_too_large_for_a_schedule_is_refused_with_the_limit_and_the_way_out() {
    let day = 86_400;
    // Jobs have an hour.
    let with_uploads = [
        ("PAYLOADS_BUCKET", "payloads"),
        ("UPLOAD_DAYS", "2"),
        ("MAX_UPLOAD_MIB", "1"),
    ];
    for (variables, seconds, is_upload_named) in [
        (&[][..], 960, false),
        (&with_uploads, 960, true),
        (&with_uploads, 2 * day - 3_660, true),
        (&with_uploads, 2 * day - 3_540, false),
    ] {
        let submit = Function::before("submit", BackEnd::default(), variables).await;

        let refused = submit.ask("POST", "/jobs", &large(seconds, 262_144)).await;

        let detail = refusal_of_input(&refused);
        assert!(detail.contains("exceed 262144 bytes"), "{detail}");
        assert!(
            detail.ends_with("at most 15 minutes before its start"),
            "{detail}"
        );
        assert_eq!(
            detail.contains("upload"),
            is_upload_named,
            "{seconds}: {detail}"
        );
        assert!(submit.back_end.calls().is_empty());
        for fits in [large(960, 261_000), large(900, 262_144)] {
            let accepted = submit.ask("POST", "/jobs", &fits).await;
            assert_eq!(accepted["statusCode"], 202, "{accepted}");
        }
    }
}

#[tokio::test]
async fn a_large_input_that_scheduler_finds_invalid_is_refused_with_its_size() {
    let back_end = BackEnd {
        broken: Some(("CreateSchedule", StatusCode::BAD_REQUEST)),
        ..BackEnd::default()
    };
    let submit = Function::before("submit", back_end, &[]).await;

    let refused = submit.ask("POST", "/jobs", &large(960, 150_000)).await;
    let small = submit.ask("POST", "/jobs", &large(960, 1_000)).await;

    let detail = refusal_of_input(&refused);
    assert!(detail.starts_with("makes a message of 150"), "{detail}");
    assert!(
        detail.ends_with("at most 15 minutes before its start"),
        "{detail}"
    );
    assert_eq!(small["statusCode"], 500, "{small}");
    assert_eq!(submit.back_end.calls(), ["CreateSchedule"]);
}

/// A job that starts in this many seconds, with a text of this size.
fn large(seconds: u64, bytes: usize) -> String {
    let (start, csv) = (time_in(seconds), "a".repeat(bytes));
    json!({"name": "csv_profile", "input": {"csv": csv}, "scheduled-start-time": start}).to_string()
}

/// The detail of the 422 about the job's input.
fn refusal_of_input(answer: &Value) -> &str {
    assert_eq!(answer["statusCode"], 422, "{answer}");
    let error = &answer["body"]["errors"][0];
    assert_eq!(error["pointer"], "/input");
    error["detail"].as_str().unwrap()
}

#[tokio::test]
async fn a_submit_whose_id_was_taken_meanwhile_deletes_the_schedule_that_it_made() {
    for broken in [
        None,
        Some(("DeleteSchedule", StatusCode::INTERNAL_SERVER_ERROR)),
    ] {
        let back_end = BackEnd {
            has_rival: true,
            broken,
            ..BackEnd::default()
        };
        let submit = Function::before("submit", back_end, &[]).await;

        let slower = submit.ask_under_a_key("one", &acceptable_in(960)).await;

        assert_eq!(slower["statusCode"], 202, "{slower}");
        assert_eq!(slower["headers"]["idempotency-replayed"], "true");
        let calls = ["GetItem", "CreateSchedule", "PutItem", "DeleteSchedule"];
        assert_eq!(submit.back_end.calls(), calls);
    }
}
