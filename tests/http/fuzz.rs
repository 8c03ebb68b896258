//! Whatever is asked, the answer is one: no 5xx, no panic, no hang.
//!
//! The functions get events of the gateway's, as far as clients can make them; the service gets bytes. What fails is shrunk,
//! and its seed is kept in `fuzz.regressions`, to be tried first the next time.

mod bytes;
mod event;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use proptest::test_runner::{Config, FileFailurePersistence, TestCaseError, TestRunner};
use serde_json::Value;

use crate::app::{App, PATIENCE};
use crate::deployment::deployed::{Deployed, Function};

fn runner(cases: u32) -> TestRunner {
    TestRunner::new(Config {
        cases,
        source_file: Some(file!()),
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        // Each shrunk case is a request too.
        max_shrink_iters: 2_000,
        ..Config::default()
    })
}

/// 5,000 events each.
const EVENTS: u32 = 5_000;

/// What is wrong with a function's answer to an event.
fn fault(answer: &Value) -> Option<String> {
    let status = answer["statusCode"].as_u64().unwrap_or_default();
    if !(200..500).contains(&status) {
        return Some(format!("status {status}"));
    }
    let body = answer["body"].as_str().unwrap_or_default();
    let headers = answer["headers"].as_object().unwrap();
    let is_json = headers
        .get("content-type")
        .is_some_and(|kind| kind.as_str().unwrap().ends_with("json"));
    if is_json && !body.is_empty() && serde_json::from_str::<Value>(body).is_err() {
        return Some("a body that is not JSON".to_owned());
    }
    let is_value = |value: &Value| {
        value
            .as_str()
            .unwrap()
            .parse::<axum::http::HeaderValue>()
            .is_ok()
    };
    let wrong = headers.iter().find(|(_, value)| !is_value(value));
    wrong.map(|(name, value)| format!("an invalid header: {name}: {value}"))
}

/// Every event to both functions: the gateway's routes are not what keeps one of them from harm. The statuses that were seen.
fn fuzz(function: impl Fn(&Deployed) -> &Function) -> BTreeSet<u64> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let deployed = runtime.block_on(Deployed::with_parameters(&[
        ("OptInKinds", "rehearsal"),
        ("Webhooks", "true"),
    ]));
    let targets = runtime.block_on(event::Targets::of(&deployed));
    let seen = RefCell::new(BTreeSet::new());
    let tried = runner(EVENTS).run(&event::event(targets), |event| {
        let answer = runtime.block_on(function(&deployed).invoke(&event.to_string()));
        seen.borrow_mut().extend(answer["statusCode"].as_u64());
        match fault(&answer) {
            None => Ok(()),
            Some(fault) => Err(TestCaseError::fail(format!("{fault}: {answer}"))),
        }
    });
    tried.unwrap_or_else(|error| panic!("{error}"));
    seen.into_inner()
}

#[test]
fn submit_answers_five_thousand_events_of_any_kind() {
    let seen = fuzz(|deployed| &deployed.submit);

    // A cancel's 200 and a delete's 409 are left out: whether a job meets one before the other is up to the events.
    for status in [202, 400, 404, 405, 415, 422] {
        assert!(seen.contains(&status), "{status} is not among {seen:?}");
    }
}

#[test]
fn status_answers_five_thousand_events_of_any_kind() {
    let seen = fuzz(|deployed| &deployed.status);

    for status in [200, 304, 400, 404, 405, 406] {
        assert!(seen.contains(&status), "{status} is not among {seen:?}");
    }
}

/// The status of the answer to these bytes; `None` when the connection is closed without one.
fn exchanged(address: &str, request: &[u8]) -> std::io::Result<Option<u16>> {
    let mut connection = TcpStream::connect(address)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    // A service that has refused already may have closed its side.
    let _ = connection.write_all(request);
    let mut answer = Vec::new();
    match connection.read_to_end(&mut answer) {
        Err(error) if error.kind() != std::io::ErrorKind::ConnectionReset => return Err(error),
        _ => {}
    }
    let line = String::from_utf8_lossy(&answer[..answer.len().min(12)]).into_owned();
    Ok(line.split(' ').nth(1).and_then(|code| code.parse().ok()))
}

#[test]
fn the_service_answers_a_thousand_requests_of_any_bytes() {
    let app = App::start(&["--concurrency", "2"]);
    let address = app.service.url.trim_start_matches("http://").to_owned();

    let seen = RefCell::new(BTreeSet::new());
    let tried = runner(1_000).run(&bytes::request(), |request| {
        match exchanged(&address, &request) {
            Ok(status @ (None | Some(200..500))) => {
                seen.borrow_mut().extend(status);
                Ok(())
            }
            other => {
                let shown = String::from_utf8_lossy(&request);
                Err(TestCaseError::fail(format!("{other:?}: {shown}")))
            }
        }
    });
    tried.unwrap_or_else(|error| panic!("{error}"));

    for status in [200, 400, 404, 405] {
        let seen = seen.borrow();
        assert!(seen.contains(&status), "{status} is not among {seen:?}");
    }
}
