use std::time::{Duration, Instant};

use client::{Client, ClientError, Exit, JobRef, Options, RetryPolicy, Sighting, Trouble};

use crate::scripted::{Answer, ID, Service};
use crate::{run, run_line};

#[tokio::test]
async fn watch_exits_with_how_the_job_ended() {
    let endings = [
        (Answer::over("SUCCESS"), Exit::Success),
        (Answer::over("FAILED"), Exit::Failed),
        (Answer::over("CANCELED"), Exit::Canceled),
        (Answer::problem(410, "Gone"), Exit::Gone),
        (Answer::problem(404, "Not found"), Exit::Gone),
        (Answer::problem(401, "Unauthorized"), Exit::Usage),
        (
            Answer::text(200, "<title>It works!</title>"),
            Exit::Unreachable,
        ),
        (Answer::redirect(303, "/elsewhere"), Exit::Unreachable),
    ];
    for (ending, expected) in endings {
        let service =
            Service::start(vec![Answer::started(50), ending, Answer::over("SUCCESS")]).await;

        let (exit, stdout) = run(&service, &["watch", ID]).await;

        assert_eq!((exit, stdout.as_str()), (expected, ""));
    }
}

#[tokio::test]
async fn watch_takes_the_whole_uri_and_asks_that_service_as_the_user() {
    let service = Service::start(vec![Answer::over("SUCCESS")]).await;
    let uri = format!("{}/jobs/{ID}", service.base);

    let (exit, _) = run_line(&[
        "watch",
        &uri,
        "--user",
        "ada",
        "--url",
        "http://127.0.0.1:9",
    ])
    .await;

    assert_eq!(exit, Exit::Success);
    assert_eq!(
        service.requests()[0].header("authorization"),
        Some("Basic YWRhOg==")
    );
}

#[tokio::test]
async fn watch_survives_a_busy_service_and_a_lost_connection() {
    let service = Service::start(vec![
        Answer::started(10),
        Answer::problem(503, "Busy"),
        Answer::problem(429, "Too many requests"),
        Answer::Hangup,
        Answer::over("SUCCESS"),
    ])
    .await;

    let (exit, _) = run(&service, &["watch", ID]).await;

    assert_eq!((exit, service.requests().len()), (Exit::Success, 5));
}

#[tokio::test]
async fn a_wait_holds_once_and_then_asks_only_for_news() {
    let service = Service::start(vec![
        Answer::started(10).with("etag", "\"a\""),
        Answer::text(304, ""),
        Answer::started(20),
        Answer::over("SUCCESS"),
    ])
    .await;
    let client = Client::new(service.base.parse().unwrap(), Options::default()).unwrap();
    let uri = ID.parse::<JobRef>().unwrap().resolve(&client).unwrap();

    let job = tokio::spawn(async move { client.wait(&uri).await });

    assert!(job.await.unwrap().unwrap().is_finished());
    let asked = service.requests();
    let asked: Vec<_> = asked
        .iter()
        .map(|request| (request.header("prefer"), request.header("if-none-match")))
        .collect();
    let known = Some("\"a\"");
    let expected = [
        (Some("wait=20"), None),
        (None, known),
        (None, known),
        (None, None),
    ];
    assert_eq!(asked, expected);
}

#[tokio::test]
async fn a_watch_gives_up_on_a_service_that_stays_down_and_says_what_it_did() {
    let busy = || Answer::problem(503, "Busy");
    let status = vec![Answer::started(10), busy(), Answer::started(20), busy()];
    let service = Service::start(status).await;
    let retry = RetryPolicy {
        max_retries: 3,
        first_delay: Duration::from_millis(1),
    };
    let options = Options {
        retry,
        ..Options::default()
    };
    let client = Client::new(service.base.parse().unwrap(), options).unwrap();
    let uri = ID.parse::<JobRef>().unwrap().resolve(&client).unwrap();
    let mut seen = Vec::new();

    let end = client
        .watch(&uri, |sighting| {
            seen.push(match sighting {
                Sighting::Job(job) => job.percent().to_string(),
                Sighting::Trouble(Trouble {
                    retry, max_retries, ..
                }) => format!("retry {retry} of {max_retries}"),
            });
        })
        .await;

    assert!(matches!(end, Err(ClientError::Busy { .. })), "{end:?}");
    assert_eq!(
        seen,
        [
            "10",
            "retry 1 of 3",
            "20",
            "retry 1 of 3",
            "retry 2 of 3",
            "retry 3 of 3"
        ]
    );
}

#[tokio::test]
async fn nothing_listening_is_said_at_once() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let begun = Instant::now();

    let (exit, _) = run_line(&["watch", ID, "--url", &url]).await;

    assert_eq!(exit, Exit::Unreachable);
    assert!(
        begun.elapsed().as_secs() < 2,
        "no retry of a service that never answered"
    );
}
