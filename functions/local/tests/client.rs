//! The client's commands against a service that plays a script.

#[path = "client/scripted.rs"]
mod scripted;

use clap::Parser;
use local::client::{ClientCommand, Exit};
use scripted::{Answer, ID, Script, Service};
use serde_json::json;

#[derive(Debug, Parser)]
struct CommandLine {
    #[command(subcommand)]
    command: ClientCommand,
}

/// Runs a command line against the service; returns its exit code and its stdout.
async fn run(service: &Service, line: &[&str]) -> (Exit, String) {
    let url = service.base();
    let line = ["local"].iter().chain(line).copied().chain(["--url", &url]);
    let mut stdout = Vec::new();
    let exit = CommandLine::try_parse_from(line)
        .unwrap()
        .command
        .run_on(&mut stdout)
        .await;
    (exit, String::from_utf8(stdout).unwrap())
}

#[tokio::test]
async fn submit_sends_what_was_said_and_prints_nothing_but_the_status_uri() {
    let service = Service::start(Script {
        submit: vec![Answer::accepted()],
        ..Script::default()
    })
    .await;
    let csv = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(csv.path(), "city\nZürich\n").unwrap();
    let field = format!("csv=@{}", csv.path().display());

    let (exit, stdout) = run(
        &service,
        &[
            "submit",
            "csv_profile",
            r#"{"rows":3}"#,
            "--field",
            &field,
            "--summary",
            "mine",
            "--at",
            "2030-01-01T00:00:00Z",
            "--key",
            "k-1",
            "--user",
            "ada",
            "--header",
            "X-Trace: t1",
        ],
    )
    .await;

    assert_eq!(
        (exit, stdout),
        (Exit::Success, format!("{}/jobs/{ID}\n", service.base()))
    );
    let seen = service.requests().remove(0);
    assert_eq!(
        seen.body,
        json!({"name": "csv_profile", "input": {"rows": 3, "csv": "city\nZürich\n"}, "summary": "mine",
               "scheduled-start-time": "2030-01-01T00:00:00Z"})
    );
    assert_eq!(seen.header("idempotency-key"), Some("\"k-1\""));
    assert_eq!(
        seen.header("authorization"),
        Some("Basic YWRhOg=="),
        "ada and an empty password"
    );
    assert_eq!(seen.header("x-trace"), Some("t1"));
    assert_eq!(seen.header("content-type"), Some("application/json"));
}

#[tokio::test]
async fn submit_with_watch_goes_on_to_the_end() {
    let service = Service::start(Script {
        submit: vec![Answer::accepted()],
        status: vec![
            Answer::started(10),
            Answer::started(60),
            Answer::over("SUCCESS"),
        ],
        ..Script::default()
    })
    .await;

    let (exit, stdout) = run(&service, &["submit", "csv_profile", "--watch"]).await;

    assert_eq!(exit, Exit::Success);
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert_eq!(service.requests().len(), 4);
    assert_eq!(service.requests()[0].body["input"], json!({}));
}

#[tokio::test]
async fn a_refused_submission_is_a_usage_error() {
    let refusal = Answer::problem(422, "Invalid input");
    let service = Service::start(Script {
        submit: vec![refusal],
        ..Script::default()
    })
    .await;

    let (exit, stdout) = run(&service, &["submit", "csv_profile"]).await;

    assert_eq!((exit, stdout.as_str()), (Exit::Usage, ""));
}

#[tokio::test]
async fn a_submission_is_never_repeated_by_itself() {
    let service = Service::start(Script {
        submit: vec![Answer::problem(503, "Busy")],
        ..Script::default()
    })
    .await;

    let (exit, _) = run(&service, &["submit", "csv_profile"]).await;

    assert_eq!((exit, service.requests().len()), (Exit::Unreachable, 1));
}

#[tokio::test]
async fn an_input_file_that_is_not_there_is_a_usage_error_and_nothing_is_sent() {
    let service = Service::start(Script::default()).await;

    let (exit, _) = run(
        &service,
        &["submit", "csv_profile", "--field", "csv=@no/such.csv"],
    )
    .await;

    assert_eq!((exit, service.requests().len()), (Exit::Usage, 0));
}

#[tokio::test]
async fn watch_exits_with_how_the_job_ended() {
    let endings = [
        (Answer::over("SUCCESS"), Exit::Success),
        (Answer::over("FAILED"), Exit::Failed),
        (Answer::over("CANCELED"), Exit::Canceled),
        (Answer::problem(410, "Gone"), Exit::Gone),
        (Answer::problem(404, "Not found"), Exit::Gone),
        (Answer::problem(401, "Unauthorized"), Exit::Usage),
        (Answer::page(), Exit::Unreachable),
        (Answer::redirect(), Exit::Unreachable),
    ];
    for (ending, expected) in endings {
        let service = Service::start(Script {
            status: vec![Answer::started(50), ending],
            ..Script::default()
        })
        .await;

        let (exit, stdout) = run(&service, &["watch", ID]).await;

        assert_eq!((exit, stdout.as_str()), (expected, ""));
    }
}

#[tokio::test]
async fn watch_takes_the_whole_uri_and_asks_that_service_as_the_user() {
    let service = Service::start(Script {
        status: vec![Answer::over("SUCCESS")],
        ..Script::default()
    })
    .await;
    let uri = format!("{}/jobs/{ID}", service.base());
    let line = [
        "local",
        "watch",
        &uri,
        "--user",
        "ada",
        "--url",
        "http://127.0.0.1:9",
    ];
    let mut stdout = Vec::new();

    let exit = CommandLine::try_parse_from(line)
        .unwrap()
        .command
        .run_on(&mut stdout)
        .await;

    assert_eq!(exit, Exit::Success);
    assert_eq!(
        service.requests()[0].header("authorization"),
        Some("Basic YWRhOg==")
    );
}

#[tokio::test]
async fn watch_survives_a_busy_service_and_a_lost_connection() {
    let service = Service::start(Script {
        status: vec![
            Answer::started(10),
            Answer::problem(503, "Busy"),
            Answer::problem(429, "Too many requests"),
            Answer::Hangup,
            Answer::over("SUCCESS"),
        ],
        ..Script::default()
    })
    .await;

    let (exit, _) = run(&service, &["watch", ID]).await;

    assert_eq!((exit, service.requests().len()), (Exit::Success, 5));
}

#[tokio::test]
async fn a_watch_gives_up_on_a_service_that_stays_down_and_says_what_it_did() {
    use local::client::{Client, ClientError, Options, RetryPolicy, Sighting};
    let status = vec![Answer::started(10), Answer::problem(503, "Busy")];
    let service = Service::start(Script {
        status,
        ..Script::default()
    })
    .await;
    let retry = RetryPolicy {
        max_retries: 3,
        first_delay: std::time::Duration::from_millis(1),
    };
    let options = Options {
        retry,
        ..Options::default()
    };
    let client = Client::new(service.base().parse().unwrap(), options).unwrap();
    let uri = client.job_uri(ID.parse().unwrap()).unwrap();
    let mut seen = Vec::new();

    let end = client
        .watch(&uri, |sighting| {
            seen.push(match sighting {
                Sighting::Job(job) => job.percent().to_string(),
                Sighting::Trouble {
                    retry, max_retries, ..
                } => format!("retry {retry} of {max_retries}"),
            });
        })
        .await;

    assert!(matches!(end, Err(ClientError::Busy { .. })), "{end:?}");
    assert_eq!(seen, ["10", "retry 1 of 3", "retry 2 of 3", "retry 3 of 3"]);
}

#[tokio::test]
async fn nothing_listening_is_said_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let line = ["local", "watch", ID, "--url", &url];
    let begun = std::time::Instant::now();

    let exit = CommandLine::try_parse_from(line)
        .unwrap()
        .command
        .run_on(&mut Vec::new())
        .await;

    assert_eq!(exit, Exit::Unreachable);
    assert!(
        begun.elapsed().as_secs() < 2,
        "no retry of a service that never answered"
    );
}

#[tokio::test]
async fn result_prints_the_json_as_it_came() {
    let text = r#"{"rows": 1.10, "columns": []}"#;
    let service = Service::start(Script {
        result: vec![Answer::text(200, text)],
        ..Script::default()
    })
    .await;

    assert_eq!(
        run(&service, &["result", ID]).await,
        (Exit::Success, format!("{text}\n"))
    );
}

#[tokio::test]
async fn a_result_that_is_not_there_yet_or_never_has_its_own_exit_code() {
    for status in [404, 410] {
        let answer = Answer::problem(status, "No result");
        let service = Service::start(Script {
            result: vec![answer],
            ..Script::default()
        })
        .await;

        assert_eq!(
            run(&service, &["result", ID]).await,
            (Exit::Gone, String::new())
        );
    }
}

#[tokio::test]
async fn cancel_and_delete_speak_the_contract() {
    let service = Service::start(Script {
        cancel: vec![Answer::accepted(), Answer::problem(409, "Job finished")],
        delete: vec![Answer::text(204, ""), Answer::problem(409, "Job active")],
        ..Script::default()
    })
    .await;

    let mut exits = Vec::new();
    for command in ["cancel", "cancel", "delete", "delete"] {
        exits.push(run(&service, &[command, ID]).await.0);
    }

    assert_eq!(
        exits,
        [Exit::Success, Exit::Usage, Exit::Success, Exit::Usage]
    );
    let lines: Vec<_> = service
        .requests()
        .iter()
        .map(|request| request.line.clone())
        .collect();
    assert_eq!(lines[0], format!("POST /jobs/{ID}/cancel"));
    assert_eq!(lines[2], format!("DELETE /jobs/{ID}"));
}

#[tokio::test]
async fn list_shows_a_page_and_all_pages_when_asked() {
    let pages = || {
        let job = |n: u8| json!({"id": format!("job-{n}"), "name": "csv_profile", "job-state": "STARTED", "job-status": "INPROGRESS"});
        vec![
            Answer::json(
                200,
                &json!({"jobs": [job(1), job(2)], "next": "/jobs?limit=2&cursor=c1"}),
            ),
            Answer::json(200, &json!({"jobs": [job(3)], "next": null})),
        ]
    };
    let first = Service::start(Script {
        list: pages(),
        ..Script::default()
    })
    .await;
    let all = Service::start(Script {
        list: pages(),
        ..Script::default()
    })
    .await;

    let (_, one_page) = run(
        &first,
        &["list", "--limit", "2", "--job-status", "inprogress"],
    )
    .await;
    let (_, every_page) = run(&all, &["list", "--all"]).await;

    assert_eq!(
        first.requests()[0].line,
        "GET /jobs?limit=2&job-status=INPROGRESS"
    );
    assert!(
        one_page.contains("job-2") && !one_page.contains("job-3"),
        "{one_page}"
    );
    assert!(
        every_page.contains("job-1") && every_page.contains("job-3"),
        "{every_page}"
    );
    assert_eq!(all.requests()[1].line, "GET /jobs?limit=2&cursor=c1");
}

#[tokio::test]
async fn the_demo_shows_a_job_s_whole_life() {
    use local::client::{Client, Options, TextFile, demo};
    let service = Service::start(Script {
        submit: vec![Answer::accepted()],
        status: vec![
            Answer::started(50),
            Answer::over("SUCCESS"),
            Answer::over("SUCCESS"),
            Answer::problem(410, "Job expired"),
        ],
        result: vec![Answer::json(
            200,
            &json!({"rows": 3376, "columns": [{"name": "iata"}]}),
        )],
        ..Script::default()
    })
    .await;
    let client = Client::new(service.base().parse().unwrap(), Options::default()).unwrap();
    let csv = TextFile {
        name: "airports.csv".to_owned(),
        text: "iata\n00M\n".to_owned(),
    };
    let mut stdout = Vec::new();

    demo(
        &client,
        &csv,
        std::time::Duration::from_millis(100),
        &mut stdout,
    )
    .await
    .unwrap();

    let said = String::from_utf8(stdout).unwrap();
    let status = format!("GET /jobs/{ID}");
    for text in [
        "202 Accepted",
        "3,376 rows, 1 column",
        &format!("{status} → 200 OK"),
        &format!("{status} → 410 Gone\n   Job expired"),
    ] {
        assert!(said.contains(text), "{text} is missing:\n{said}");
    }
    assert_eq!(service.requests()[0].body["input"]["csv"], "iata\n00M\n");
}

#[test]
fn help_tells_the_exit_codes() {
    let help = CommandLine::try_parse_from(["local", "watch", "--help"])
        .unwrap_err()
        .to_string();

    assert!(
        help.contains("3  the watched job ended in CANCELED"),
        "{help}"
    );
}

#[test]
fn a_command_line_that_is_wrong_has_clap_s_exit_code() {
    for line in [
        &["watch", "job-1"][..],
        &["submit"],
        &["submit", "x", "--at", "tomorrow"],
        &["list", "--limit", "0"],
    ] {
        let error = CommandLine::try_parse_from(["local"].iter().chain(line)).unwrap_err();

        assert_eq!(error.exit_code(), i32::from(Exit::Usage.code()), "{line:?}");
    }
}
