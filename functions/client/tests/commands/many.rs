use clap::Parser as _;
use client::{Client, Exit, ListQuery, Options};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};

use crate::scripted::{Answer, Service};
use crate::{CommandLine, run, run_program};

fn id(n: u8) -> String {
    format!("01929b6e-7a52-8c3e-9d1f-0000000000{n:02}")
}

fn job(n: u8, name: &str, state: &str, status: &str) -> Value {
    json!({"id": id(n), "name": name, "job-state": state, "job-status": status})
}

fn waiting(n: u8) -> Value {
    job(n, "add", "SCHEDULED", "UNDETERMINED")
}

fn page(jobs: &[Value], next: Option<&str>) -> Answer {
    Answer::json(200, &json!({"jobs": jobs, "next": next}))
}

fn read(job: &Value) -> Answer {
    Answer::json(200, &json!({"job": job}))
}

fn lines(service: &Service) -> Vec<String> {
    let requests = service.requests().into_iter();
    requests.map(|request| request.line).collect()
}

#[tokio::test]
async fn the_stream_reads_a_page_when_it_gets_to_it_and_trusts_no_old_service_s_filter() {
    let answers = vec![
        page(
            &[waiting(1), job(2, "other", "SCHEDULED", "UNDETERMINED")],
            Some("/jobs?cursor=a"),
        ),
        page(
            &[],
            Some("https://elsewhere.example/jobs?limit=20&cursor=b"),
        ),
        page(&[job(3, "add", "COMPLETED", "SUCCESS"), waiting(4)], None),
    ];
    let service = Service::start(answers).await;
    let client = Client::new(service.base.parse().unwrap(), Options::default()).unwrap();
    let query = ListQuery {
        name: Some("add".to_owned()),
        job_status: Some(client::JobStatus::Undetermined),
        ..ListQuery::default()
    };
    let mut jobs = Box::pin(client.jobs(&query));

    let first = jobs.next().await.unwrap().unwrap();
    assert_eq!((first.id, lines(&service).len()), (id(1), 1));
    let rest: Vec<_> = jobs.map_ok(|job| job.id).try_collect().await.unwrap();

    assert_eq!(rest, [id(4)]);
    let first = "GET /jobs?job-status=UNDETERMINED&name=add";
    assert_eq!(
        lines(&service),
        [
            first,
            &format!("{first}&cursor=a"),
            &format!("{first}&cursor=b")
        ]
    );
}

#[tokio::test]
async fn list_takes_a_kind_and_the_states_that_its_table_shows() {
    let service = Service::start(vec![page(&[waiting(1)], None)]).await;

    let line = ["list", "--kind", "add", "--status", "scheduled", "--all"];
    let (exit, stdout) = run(&service, &line).await;

    assert_eq!(exit, Exit::Success);
    assert!(stdout.contains(&id(1)), "{stdout}");
    assert_eq!(
        lines(&service),
        ["GET /jobs?limit=100&job-status=UNDETERMINED&name=add"]
    );
}

#[tokio::test]
async fn a_filter_that_is_refused_is_named_as_on_the_command_line() {
    let detail = "'name' must be one of csv_profile, rehearsal.";
    let problem = json!({"title": "A query parameter is invalid", "detail": detail});
    for line in [
        &["list", "--kind", "x"][..],
        &["cancel", "--all", "--kind", "x"],
    ] {
        let service = Service::start(vec![Answer::json(400, &problem)]).await;

        let (exit, stderr) = run_program(&service, line, b"").await;

        assert_eq!(exit, 2);
        assert!(
            stderr.contains("--kind must be one of csv_profile"),
            "{stderr}"
        );
    }
    let wrong = CommandLine::try_parse_from(["accepted", "list", "--status", "x"]);
    let said = wrong.unwrap_err().to_string();
    assert!(said.contains("UNDETERMINED (or SCHEDULED)"), "{said}");
}

#[tokio::test]
async fn a_dry_run_lists_what_would_be_canceled_and_cancels_nothing() {
    let finished = job(3, "add", "COMPLETED", "FAILED");
    let answers = vec![
        page(&[waiting(1)], Some("/jobs?cursor=a")),
        page(&[waiting(2), finished], None),
    ];
    let service = Service::start(answers).await;

    let line = ["cancel", "--all", "--kind", "add", "--dry-run"];
    let (exit, stdout) = run(&service, &line).await;

    assert_eq!(exit, Exit::Success);
    let listed = [1, 2, 3].map(|n| stdout.contains(&id(n)));
    assert_eq!(listed, [true, true, false], "{stdout}");
    assert_eq!(
        lines(&service),
        [
            "GET /jobs?limit=100&name=add",
            "GET /jobs?limit=100&name=add&cursor=a"
        ]
    );
}

#[tokio::test]
async fn without_a_terminal_nothing_is_canceled_unless_yes_is_said() {
    let service = Service::start(vec![page(&[waiting(1)], None)]).await;

    let line = ["cancel", "--all", "--kind", "add"];
    let (exit, stderr) = run_program(&service, &line, b"y\n").await;

    assert_eq!((exit, lines(&service).len()), (2, 1), "{stderr}");
    assert!(stderr.contains("--yes"), "{stderr}");
}

#[tokio::test]
async fn a_next_cursor_is_enough_for_the_next_page() {
    let first = Answer::json(200, &json!({"jobs": [], "next-cursor": "a/b"}));
    let service = Service::start(vec![first, page(&[waiting(1)], None)]).await;

    let (exit, _) = run(&service, &["list", "--kind", "add", "--all"]).await;

    assert_eq!((exit, lines(&service).len()), (Exit::Success, 2));
    assert!(lines(&service)[1].ends_with("&name=add&cursor=a%2Fb"));
}

/// Cancels one waiting job; returns the exit code, what is said of the job, and the number of requests.
async fn cancel_one(answers: &[Answer]) -> (Exit, String, usize) {
    let answers = [&[page(&[waiting(1)], None)], answers].concat();
    let service = Service::start(answers).await;
    let line = ["cancel", "--all", "--status", "SCHEDULED", "--yes"];
    let (exit, stdout) = run(&service, &line).await;
    let said = stdout.trim_end().split_once("  ").unwrap_or_default().1;
    (exit, said.to_owned(), lines(&service).len())
}

#[tokio::test]
async fn what_became_of_each_job_is_said() {
    let refusal = |slug| {
        let kind = format!("https://a.example/problems/{slug}");
        Answer::json(409, &json!({"type": kind, "title": "No", "status": 409}))
    };
    let internal = json!({"type": "/problems/internal-error", "title": "No", "status": 500});
    let busy = Answer::problem(503, "Busy").with("retry-after", "0");
    let job = read(&waiting(1));
    for (answers, exit, said, requests) in [
        (
            vec![job.clone(), Answer::over("CANCELED")],
            Exit::Success,
            "canceled",
            3,
        ),
        (
            vec![job.clone(), Answer::text(202, "{}")],
            Exit::Success,
            "being canceled",
            3,
        ),
        (
            vec![Answer::started(1)],
            Exit::Success,
            "started meanwhile",
            2,
        ),
        (
            vec![Answer::over("SUCCESS")],
            Exit::Success,
            "finished meanwhile",
            2,
        ),
        (
            vec![job.clone(), refusal("job-finished")],
            Exit::Success,
            "finished meanwhile",
            3,
        ),
        (vec![Answer::problem(410, "Gone")], Exit::Success, "gone", 2),
        (
            vec![job.clone(), refusal("job-overdue")],
            Exit::Usage,
            "not canceled",
            3,
        ),
        (
            vec![job.clone(), Answer::json(500, &internal)],
            Exit::Unreachable,
            "not canceled",
            3,
        ),
        (
            vec![busy, job.clone(), Answer::over("CANCELED")],
            Exit::Success,
            "canceled",
            4,
        ),
        (vec![Answer::problem(401, "Who?")], Exit::Usage, "", 2),
    ] {
        let expected = (exit, said.to_owned(), requests);
        assert_eq!(cancel_one(&answers).await, expected);
    }
}

#[tokio::test]
async fn a_refusal_of_one_job_does_not_stop_the_others_and_a_lost_service_does() {
    let forbidden = Answer::problem(403, "Forbidden");
    let listed = page(&[waiting(1), waiting(2)], None);
    let line = ["cancel", "--all", "--kind", "add", "--yes"];

    let service = Service::start(vec![listed.clone(), forbidden]).await;
    let (exit, stdout) = run(&service, &line).await;
    assert_eq!((exit, stdout.lines().count()), (Exit::Usage, 2));

    let service = Service::start(vec![listed, Answer::problem(401, "Who?")]).await;
    let (exit, stderr) = run_program(&service, &line, b"").await;
    assert_eq!(exit, 2);
    assert!(stderr.contains("2 jobs: 2 not tried."), "{stderr}");
}
