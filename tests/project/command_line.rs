//! The executable, as a person at a terminal uses it.

use std::net::TcpListener;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::app::{App, PROGRAM, Process, Service, eventually, time_in};

fn run(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A service with a job that runs, and the processes of all its functions.
async fn busy() -> (App, Vec<Process>) {
    let app = App::start(&[]);
    let job = app.rehearse(json!({"seconds": 60})).await;
    app.wait_for_state(&job, "STARTED").await;
    let functions = app.service.functions();
    for name in ["submit", "status", "worker"] {
        assert!(
            functions.iter().any(|process| process.is_function(name)),
            "{functions:?}"
        );
    }
    (app, functions)
}

#[test]
fn a_port_in_use_is_said_and_is_an_error() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();

    let output = run(&["serve", "--port", &port]);

    assert!(!output.status.success());
    let expected = format!("error: port {port} on 127.0.0.1 is in use");
    assert!(
        text(&output.stderr).starts_with(&expected),
        "{}",
        text(&output.stderr)
    );
    assert_eq!(text(&output.stdout), "");
}

#[tokio::test]
async fn ctrl_c_stops_everything() {
    let (app, functions) = busy().await;
    let mut service = app.into_service();

    let status = service.end_with("INT");

    assert!(status.success(), "{status}");
    let log = service.take_log();
    assert!(!log.contains("panicked"), "{log}");
    let left: Vec<_> = functions
        .iter()
        .filter(|process| process.is_alive())
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn no_function_outlives_a_service_that_is_killed() {
    let (app, functions) = busy().await;
    let mut service = app.into_service();

    service.end_with("KILL");
    let killed = Instant::now();
    eventually("the end of the functions", async || {
        (!functions.iter().any(Process::is_alive)).then_some(())
    })
    .await;

    assert!(
        killed.elapsed() < Duration::from_secs(2),
        "{:?}",
        killed.elapsed()
    );
}

#[tokio::test]
async fn a_data_folder_keeps_records_messages_and_uris_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--data", folder.path().to_str().unwrap()];
    let before = App::start(&flags);
    let over = before.rehearse(json!({"seconds": 0})).await;
    let ended = before.wait_for_end(&over).await;
    let waiting = before
        .submit(&json!({"name": "rehearsal", "input": {"seconds": 0}, "scheduled-start-time": time_in(3)}))
        .await;
    drop(before);

    let after = App::start(&flags);
    let still = after.get(&format!("/jobs/{}", over.id)).await;
    let started = eventually("the job that waited", async || {
        let document = after.get(&format!("/jobs/{}", waiting.id)).await.json();
        (document["job"]["job-state"] == "COMPLETED").then_some(document)
    })
    .await;

    assert_eq!((still.status, &still.json()["job"]), (200, &ended["job"]));
    assert_eq!(
        (&started["job"]["job-status"], &started["job"]["attempt"]),
        (&json!("SUCCESS"), &json!(1))
    );
}

#[test]
fn the_demo_goes_from_202_to_410() {
    let output = run(&["demo"]);

    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{stdout}{stderr}");
    for shown in ["202 Accepted", "3,376", "latitude", "its signature is valid", "410 Gone"] {
        assert!(stdout.contains(shown), "no {shown} in {stdout}");
    }
}

#[test]
fn the_demo_profiles_a_file_of_the_user_s() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("cities.csv");
    std::fs::write(&file, "city,people\nParis,2\nRome,3\n").unwrap();

    let output = run(&["demo", file.to_str().unwrap()]);

    let stdout = text(&output.stdout);
    assert!(output.status.success(), "{stdout}{}", text(&output.stderr));
    assert!(
        stdout.contains("cities.csv") && stdout.contains("people"),
        "{stdout}"
    );
}

#[test]
fn the_demo_says_what_is_wrong_with_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("ragged.csv"), "a,b\n1,2\n3\n").unwrap();
    std::fs::write(path("latin1.csv"), b"name\nZo\xeb\n").unwrap();
    std::fs::write(path("empty.csv"), "").unwrap();

    for (name, reason) in [
        ("ragged.csv", "row 3 "),
        ("latin1.csv", "UTF-8"),
        ("empty.csv", "must have at least 1 character"),
        ("missing.csv", "missing.csv cannot be read: No such file"),
    ] {
        let output = run(&["demo", &path(name)]);

        assert!(!output.status.success(), "{name}: {}", text(&output.stdout));
        let stderr = text(&output.stderr);
        let (_, said) = stderr.split_once("error: ").unwrap();
        assert!(said.contains(reason), "{name}: {stderr}");
    }
}

#[tokio::test]
async fn a_second_service_does_not_start_on_the_data_folder_of_a_first() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let first = Service::start(&["--data", data]);

    let second = tokio::process::Command::new(PROGRAM)
        .args(["serve", "--port", "0", "--data", data])
        .kill_on_drop(true)
        .output();
    let second = tokio::time::timeout(Duration::from_secs(60), second).await;
    let second = second.expect("the second service serves").unwrap();

    assert!(!second.status.success());
    let stderr = text(&second.stderr);
    assert!(stderr.contains("is in use by another service"), "{stderr}");
    drop(first);
    Service::start(&["--data", data]);
}

#[tokio::test]
async fn a_watched_submit_s_exit_code_says_how_the_job_ended() {
    let app = App::shared();

    for (outcome, code) in [("success", 0), ("failure", 1)] {
        let field = format!("outcome={outcome}");
        let output = run(&[
            "submit",
            "rehearsal",
            "--field",
            &field,
            "--watch",
            "--url",
            &app.service.url,
        ]);

        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
        assert!(text(&output.stdout).starts_with(&format!("{}/jobs/", app.service.url)));
    }
}

#[tokio::test]
async fn a_watched_submit_whose_job_is_canceled_exits_with_3() {
    let app = App::shared().as_user("watcher");
    let submit = Command::new(PROGRAM)
        .args(["submit", "rehearsal", "--field", "seconds:=60", "--watch"])
        .args(["--user", "watcher", "--url", &app.service.url])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let id = eventually("the watched job", async || {
        let list = app.get("/jobs?job-status=INPROGRESS").await.json();
        list["jobs"][0]["id"].as_str().map(str::to_owned)
    })
    .await;

    let canceled = run(&[
        "cancel",
        &id,
        "--user",
        "watcher",
        "--url",
        &app.service.url,
    ]);
    let watched = submit.wait_with_output().unwrap();

    assert!(canceled.status.success(), "{}", text(&canceled.stderr));
    assert_eq!(watched.status.code(), Some(3), "{}", text(&watched.stderr));
}

#[test]
fn the_welcome_s_curl_lines_work_as_they_stand() {
    let has_curl = Command::new("curl").arg("--version").output().is_ok();
    assert!(
        has_curl,
        "this test pastes the curl lines, and there is no curl here"
    );
    let service = Service::start(&[]);
    let lines: Vec<_> = service
        .welcome
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("curl "))
        .collect();

    let answers: Vec<_> = lines
        .iter()
        .map(|line| Command::new("sh").args(["-c", line]).output().unwrap())
        .inspect(|output| assert!(output.status.success(), "{output:?}"))
        .map(|output| text(&output.stdout))
        .collect();

    assert_eq!(answers.len(), 3, "{lines:?}");
    for accepted in &answers[..2] {
        assert!(accepted.starts_with("HTTP/1.1 202 Accepted"), "{accepted}");
    }
    let list: serde_json::Value = serde_json::from_str(&answers[2]).unwrap();
    let names: Vec<_> = list["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| &job["name"])
        .collect();
    assert_eq!(names, [&json!("rehearsal"), &json!("csv_profile")]);
}
