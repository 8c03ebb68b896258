use client::{Client, Exit, ListQuery, Options};
use futures_util::{StreamExt, TryStreamExt};
use serde_json::{Value, json};

use crate::scripted::{Answer, Service};
use crate::{run, run_program};

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
        page(&[], Some("/jobs?cursor=b")),
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
        [first, "GET /jobs?cursor=a", "GET /jobs?cursor=b"]
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
        ["GET /jobs?limit=100&name=add", "GET /jobs?cursor=a"]
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
async fn every_job_is_canceled_and_what_became_of_it_is_said() {
    let finished = json!({"type": "https://a.example/problems/job-finished", "title": "Finished", "status": 409});
    let listed: Vec<_> = (1..=4).map(waiting).collect();
    let service = Service::start(vec![
        page(&listed, None),
        Answer::over("CANCELED"),
        Answer::text(202, "{}"),
        Answer::json(409, &finished),
        Answer::problem(410, "Gone"),
    ])
    .await;

    let (exit, stdout) = run(
        &service,
        &["cancel", "--all", "--status", "SCHEDULED", "--yes"],
    )
    .await;

    assert_eq!(exit, Exit::Success);
    let mut said: Vec<_> = stdout
        .lines()
        .filter_map(|line| Some(line.split_once("  ")?.1))
        .collect();
    said.sort_unstable();
    assert_eq!(
        said,
        ["being canceled", "canceled", "finished meanwhile", "gone"]
    );
    let ids: Vec<_> = stdout.lines().map(|line| line[..36].to_owned()).collect();
    assert_eq!(ids, [1, 2, 3, 4].map(id));
    assert!(
        lines(&service)[1..]
            .iter()
            .all(|line| line.ends_with("/cancel"))
    );
}

#[tokio::test]
async fn a_cancel_that_is_not_taken_is_tried_again_and_a_refusal_ends_it() {
    for (answer, expected, requests) in [
        (Answer::problem(503, "Busy"), Exit::Success, 3),
        (Answer::problem(403, "Forbidden"), Exit::Usage, 2),
    ] {
        let answers = vec![page(&[waiting(1)], None), answer, Answer::over("CANCELED")];
        let service = Service::start(answers).await;

        let (exit, _) = run(&service, &["cancel", "--all", "--kind", "add", "--yes"]).await;

        assert_eq!((exit, lines(&service).len()), (expected, requests));
    }
}
