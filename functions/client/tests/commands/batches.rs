//! Over 300 lines: its tests share the answers of a batch.

use std::process::{Command, Stdio};
use std::time::Duration;

use client::Exit;
use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::scripted::{Answer, ID, Seen, Service};
use crate::{run, run_on, run_program};

fn lines(text: &str) -> NamedTempFile {
    let file = NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    file
}

/// The id of job number `n`.
fn id(n: usize) -> String {
    format!("01929b6e-7a52-8c3e-9d1f-{n:012}")
}

fn accepted(n: usize) -> Value {
    json!({"job": {"@uri": format!("/elsewhere/{n}"), "id": id(n), "name": "add", "job-state": "SCHEDULED", "job-status": "UNDETERMINED"}})
}

fn problem(status: u16, errors: &Value) -> Value {
    json!({"problem": {"type": "/problems/some", "title": "Not now", "status": status, "detail": "It is so.", "errors": errors}})
}

fn batch(status: u16, items: &[Value]) -> Answer {
    Answer::json(status, &json!({"items": items}))
}

fn key(request: &Seen) -> &str {
    request.header("idempotency-key").unwrap()
}

#[tokio::test]
async fn each_line_is_a_job_and_the_uris_are_in_the_order_of_the_lines() {
    let all: Vec<_> = (0..101).map(accepted).collect();
    let service = Service::start(vec![batch(202, &all[..100]), batch(202, &all[100..])]).await;
    let file = lines(&"{\"n\": 1.0}\n".repeat(101));
    let file = file.path().to_str().unwrap();

    let line = [
        "submit",
        "add",
        "--each",
        file,
        "--summary",
        "s",
        "--key",
        "k",
        "--at",
        "2030-01-01T00:00:00Z",
        "--callback",
        "https://hooks.example.com/",
    ];
    let (exit, stdout) = run(&service, &line).await;

    let uris: Vec<_> = (0..101)
        .map(|n| format!("{}/jobs/{}", service.base, id(n)))
        .collect();
    assert_eq!(exit, Exit::Success);
    assert_eq!(stdout.lines().collect::<Vec<_>>(), uris);
    let requests = service.requests();
    let job = json!({"name": "add", "input": {"n": 1.0}, "summary": "s", "scheduled-start-time": "2030-01-01T00:00:00Z",
                     "callback": {"url": "https://hooks.example.com/"}});
    assert_eq!(requests[0].body, json!(vec![&job; 100]));
    assert_eq!(requests[1].body, json!([job]));
    assert!(String::from_utf8_lossy(&requests[0].bytes).contains("{\"n\": 1.0}"));
    assert_ne!(key(&requests[0]), key(&requests[1]));
}

#[tokio::test]
async fn the_same_lines_have_the_same_keys_only_if_a_key_is_given() {
    let file = lines("1\n");
    let file = file.path().to_str().unwrap();
    let mut keys = Vec::new();
    for key_of_run in [
        &["--key", "k"][..],
        &["--key", "k"],
        &["--key", "other"],
        &[],
        &[],
    ] {
        let service = Service::start(vec![batch(202, &[accepted(1)])]).await;
        let line = [&["submit", "add", "--each", file], key_of_run].concat();
        assert_eq!(run(&service, &line).await.0, Exit::Success);
        keys.push(key(&service.requests()[0]).to_owned());
    }

    assert_eq!(keys[0], keys[1]);
    keys.remove(0);
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), 4, "{keys:?}");
}

#[tokio::test]
async fn a_batch_is_sent_again_until_no_job_is_unavailable() {
    let service = Service::start(vec![
        batch(202, &[accepted(1), problem(503, &json!([]))]).with("retry-after", "0"),
        batch(503, &[problem(422, &json!([])), problem(503, &json!([]))]).with("retry-after", "0"),
        Answer::Hangup,
        batch(202, &[problem(422, &json!([])), accepted(2)]),
    ])
    .await;
    let file = lines("1\n2\n");
    let file = file.path().to_str().unwrap();

    let (exit, stdout) = run(&service, &["submit", "add", "--each", file]).await;

    assert_eq!((exit, stdout.lines().count()), (Exit::Success, 2));
    let requests = service.requests();
    assert_eq!(requests.len(), 4);
    let is_null = |n: usize| requests[n].body[0].is_null();
    assert_eq!([0, 1, 2, 3].map(is_null), [false, true, true, true]);
    for again in &requests[1..] {
        let second = |request: &Seen| request.body[1].clone();
        assert_eq!(
            (key(again), second(again)),
            (key(&requests[0]), second(&requests[0]))
        );
    }
}

#[tokio::test]
async fn a_refused_line_is_reported_with_its_number_and_pointers() {
    let refused = problem(
        422,
        &json!([{"pointer": "/2/input/b", "detail": "is missing"}]),
    );
    let placeholder = problem(422, &json!([]));
    let items = [accepted(1), placeholder, refused];
    let service = Service::start(vec![batch(202, &items)]).await;

    let line = ["submit", "add", "--each", "-"];
    let (exit, stderr) = run_program(&service, &line, b"1\n\n2\n").await;

    assert_eq!(exit, 2, "{stderr}");
    assert!(
        stderr.contains("line 3: Not now (422)\n  /input/b: is missing"),
        "{stderr}"
    );
    assert!(
        stderr.contains("2 jobs: 1 accepted, 1 refused."),
        "{stderr}"
    );
    let (_, rest) = stderr.split_once("The key of these lines is ").unwrap();
    let (key, rest) = rest.split_once(".\n").unwrap();
    let advice = format!("submit the file again with --key {key}");
    assert!(rest.contains(&advice), "{stderr}");
}

#[tokio::test]
async fn a_batch_without_an_acceptable_line_and_a_service_without_batches_are_usage_errors() {
    let refused = batch(422, &[problem(422, &json!([]))]);
    for answer in [refused, Answer::problem(422, "The job cannot be accepted")] {
        let service = Service::start(vec![answer]).await;

        let (exit, stderr) = run_program(&service, &["submit", "add", "--each", "-"], b"1\n").await;

        assert_eq!((exit, service.requests().len()), (2, 1), "{stderr}");
    }
}

#[tokio::test]
async fn a_service_that_gives_up_leaves_a_key_to_go_on_with() {
    let busy = [accepted(1), problem(503, &json!([]))];
    let service = Service::start(vec![batch(202, &busy).with("retry-after", "0")]).await;

    let line = ["submit", "add", "--each", "-", "--key", "k-1"];
    let (exit, stderr) = run_program(&service, &line, b"1\n2\n").await;

    assert_eq!((exit, service.requests().len()), (5, 8), "{stderr}");
    assert!(
        stderr.contains("1 accepted, 1 not accepted yet"),
        "{stderr}"
    );
    assert!(stderr.contains("--key k-1"), "{stderr}");
}

#[tokio::test]
async fn a_line_keeps_its_place_whatever_becomes_of_the_others() {
    let placeholder = || problem(422, &json!([]));
    let long = format!("\"{}\"", "x".repeat(600_000));
    let service = Service::start(vec![
        batch(202, &[placeholder(), accepted(1)]),
        batch(202, &[placeholder(), placeholder(), accepted(2)]),
        batch(422, &[placeholder(), placeholder()]),
    ])
    .await;
    let file = lines(&format!("\n{long}\n{long}\n{}\n3", "\n".repeat(97)));

    let line = ["submit", "add", "--each", file.path().to_str().unwrap()];
    let (exit, stdout) = run(&service, &line).await;

    assert_eq!((exit, stdout.lines().count()), (Exit::Usage, 2));
    let requests = service.requests();
    let nulls = |request: &Seen| {
        let items = request.body.as_array().unwrap();
        items.iter().map(Value::is_null).collect::<Vec<_>>()
    };
    assert_eq!(nulls(&requests[0]), [true, false]);
    assert_eq!(nulls(&requests[1]), [true, true, false]);
    assert_eq!(nulls(&requests[2]), [true, false]);
    assert_eq!(key(&requests[0]), key(&requests[1]));
    assert_ne!(key(&requests[0]), key(&requests[2]));
}

#[tokio::test]
async fn a_job_that_fails_for_good_is_not_repeated_and_a_busy_one_does_not_stop_the_next_batch() {
    let busy = batch(202, &[problem(500, &json!([])), problem(503, &json!([]))]);
    let mut answers = vec![busy.with("retry-after", "0")];
    let again = batch(503, &[problem(422, &json!([])), problem(503, &json!([]))]);
    answers.extend(vec![again.with("retry-after", "0"); 7]);
    answers.push(batch(202, &[accepted(1)]));
    let service = Service::start(answers).await;

    let line = ["submit", "add", "--each", "-"];
    let text = format!("1\n2\n{}3\n", "\n".repeat(98));
    let (exit, stderr) = run_program(&service, &line, text.as_bytes()).await;

    assert_eq!((exit, service.requests().len()), (5, 9), "{stderr}");
    let counts = "3 jobs: 1 accepted, 1 refused, 1 not accepted yet.";
    assert!(stderr.contains(counts), "{stderr}");
    assert!(service.requests()[1].body[0].is_null());
}

#[tokio::test]
async fn an_answer_that_was_lost_is_asked_for_again_and_its_job_is_a_new_one() {
    let mut replayed = accepted(1);
    replayed["replayed"] = true.into();
    let service = Service::start(vec![Answer::Hangup, batch(202, &[replayed])]).await;

    let (exit, stderr) = run_program(&service, &["submit", "add", "--each", "-"], b"1\n").await;

    assert_eq!((exit, service.requests().len()), (0, 2), "{stderr}");
    assert!(stderr.contains("1 job: 1 accepted."), "{stderr}");
}

#[tokio::test]
async fn the_key_is_known_before_the_first_request_and_every_early_end_says_how_to_go_on() {
    let gate = std::sync::Arc::new(tokio::sync::Semaphore::new(0));
    for (answer, code) in [
        (Answer::problem(403, "Forbidden"), 2),
        (Answer::Late { gate }, 130),
    ] {
        let service = Service::start(vec![answer]).await;
        let file = lines("1\n");
        let mut program = Command::new(env!("CARGO_BIN_EXE_accepted"));
        program.args(["submit", "add", "--url", &service.base, "--each"]);
        program.arg(file.path()).stderr(Stdio::piped());
        let child = program.spawn().unwrap();
        while service.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        if code == 130 {
            let mut kill = Command::new("kill");
            kill.args(["-INT", &child.id().to_string()]);
            assert!(kill.status().unwrap().success());
        }

        let ended = tokio::task::spawn_blocking(|| child.wait_with_output().unwrap());
        let ended = ended.await.unwrap();

        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(code), "{stderr}");
        let (_, rest) = stderr.split_once("The key of these lines is ").unwrap();
        let (key, rest) = rest.split_once(".\n").unwrap();
        assert!(rest.contains(&format!("--key {key}")), "{stderr}");
    }
}

struct Closed;

impl std::io::Write for Closed {
    fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
        Err(std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_closed_stdout_ends_after_the_batch() {
    let service = Service::start(vec![batch(202, &[accepted(1)])]).await;
    let file = lines(&format!("1\n{}2\n", "\n".repeat(99)));

    let file = file.path().to_str().unwrap();
    let line = ["submit", "add", "--each", file, "--url", &service.base];
    let exit = run_on(&mut Closed, &line).await;

    assert_eq!((exit, service.requests().len()), (Exit::Interrupted, 1));
}

#[tokio::test]
async fn a_wrong_line_is_an_error_before_anything_is_sent() {
    let too_large = format!("1\n\"{}\"\n", "x".repeat(client::MAX_BODY_BYTES));
    for (text, said) in [
        (
            "1\n\n{x\n",
            "stdin is not JSON: key must be a string at line 3 column 2\n",
        ),
        (&*too_large, "line 2 of "),
    ] {
        let service = Service::start(Vec::new()).await;

        let line = ["submit", "add", "--each", "-"];
        let (exit, stderr) = run_program(&service, &line, text.as_bytes()).await;

        assert_eq!((exit, service.requests().len()), (2, 0), "{stderr}");
        assert!(stderr.contains(said), "{stderr}");
    }
}

#[tokio::test]
async fn watching_a_file_s_jobs_ends_with_the_worst_of_them() {
    for (outcomes, expected) in [
        (["SUCCESS", "SUCCESS"], Exit::Success),
        (["CANCELED", "SUCCESS"], Exit::Canceled),
        (["CANCELED", "FAILED"], Exit::Failed),
    ] {
        let mut answers = vec![batch(202, &[accepted(1), accepted(2)])];
        answers.extend(outcomes.map(Answer::over));
        let service = Service::start(answers).await;
        let file = lines("1\n2\n");

        let line = [
            "submit",
            "add",
            "--watch",
            "--each",
            file.path().to_str().unwrap(),
        ];
        let (exit, _) = run(&service, &line).await;

        assert_eq!((exit, service.requests().len()), (expected, 3));
    }
}

#[tokio::test]
async fn no_more_than_sixteen_jobs_are_polled_at_a_time() {
    let all: Vec<_> = (0..20).map(accepted).collect();
    let service = Service::start(vec![batch(202, &all), Answer::started(1)]).await;
    let file = lines(&"1\n".repeat(20));

    let line = [
        "submit",
        "add",
        "--watch",
        "--each",
        file.path().to_str().unwrap(),
    ];
    let watching = run(&service, &line);
    tokio::time::timeout(Duration::from_secs(2), watching)
        .await
        .unwrap_err();

    let lines: std::collections::BTreeSet<_> = service
        .requests()
        .into_iter()
        .skip(1)
        .map(|request| request.line)
        .collect();
    assert_eq!(lines.len(), 16);
    assert!(
        lines
            .iter()
            .all(|line| line.starts_with("GET /jobs/") && !line.contains(ID))
    );
}
