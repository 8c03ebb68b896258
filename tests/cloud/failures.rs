//! Invocations whose process fails.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use local::{FunctionSpec, InvokeError, LogSink, Pool};
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::app::{Gate, function, invoke, pid_in, pool, serving_pid};

#[tokio::test]
async fn a_function_that_is_too_slow_is_killed_and_replaced() {
    let timeout = Duration::from_millis(700);
    let (pool, gate) = (
        Pool::new(FunctionSpec {
            timeout,
            ..function("obeys")
        }),
        Gate::new().await,
    );
    let slow_pid = serving_pid(&pool).await;
    let start = Instant::now();

    let error = invoke(&pool, gate.event()).await.unwrap_err();

    assert!(start.elapsed() >= timeout);
    assert_eq!(error, InvokeError::TimedOut { after: timeout });
    assert_eq!(error.to_string(), "Task timed out after 0.70 seconds");
    gate.entered().await.died().await;
    assert_ne!(serving_pid(&pool).await, slow_pid);
}

#[tokio::test]
async fn a_process_that_exits_is_a_crash_and_replaced() {
    let pool = pool(1);
    let first_pid = serving_pid(&pool).await;

    let error = invoke(&pool, json!({"exit": 3})).await.unwrap_err();

    assert_eq!(
        error,
        InvokeError::Crashed {
            status: "exit status: 3".to_owned()
        }
    );
    assert_ne!(serving_pid(&pool).await, first_pid);
}

#[tokio::test]
async fn a_crash_does_not_hold_up_those_who_wait() {
    let (pool, gate) = (pool(1), Gate::new().await);
    let crashing = tokio::spawn({
        let (pool, event) = (pool.clone(), json!({"gate": gate.address(), "exit": 3}));
        async move { invoke(&pool, event).await }
    });
    let held = gate.entered().await;
    let waiting = tokio::spawn({
        let pool = pool.clone();
        async move { invoke(&pool, json!({})).await }
    });
    tokio::task::yield_now().await;
    let crashed_pid = held.pid;
    drop(held);

    assert!(matches!(
        crashing.await.unwrap(),
        Err(InvokeError::Crashed { .. })
    ));
    assert_ne!(pid_in(&waiting.await.unwrap().unwrap()), crashed_pid);
}

#[tokio::test]
async fn a_process_can_be_killed_while_it_is_busy() {
    let (pool, gate) = (pool(1), Gate::new().await);
    let call = tokio::spawn({
        let (pool, event) = (pool.clone(), gate.event());
        async move { invoke(&pool, event).await }
    });
    let held = gate.entered().await;

    assert!(pool.kill(held.pid));

    let crashed = InvokeError::Crashed {
        status: "signal: 9 (SIGKILL)".to_owned(),
    };
    assert_eq!(call.await.unwrap(), Err(crashed));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_process_that_takes_more_memory_than_its_function_has_is_killed_and_the_log_says_why() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let logs = LogSink::new(move |_, line| sink.lock().unwrap().push(line.to_owned()));
    let pool = Pool::new(FunctionSpec {
        logs,
        memory_mb: 192,
        ..function("obeys")
    });
    let first_pid = serving_pid(&pool).await;

    let error = invoke(&pool, json!({"take_mb": 256})).await.unwrap_err();

    assert_eq!(
        error.to_string(),
        "Runtime exited with error: signal: 9 (SIGKILL), Runtime.OutOfMemory"
    );
    let lines = lines.lock().unwrap().join("\n");
    for words in [
        "signal: killed",
        "Memory Size: 192 MB",
        "Runtime.OutOfMemory",
    ] {
        assert!(lines.contains(words), "{words} in {lines}");
    }
    assert_ne!(serving_pid(&pool).await, first_pid);
}

/// It has the same memory, and is alive as long as nobody kills it.
#[tokio::test]
async fn a_process_within_its_memory_is_left_alone() {
    let timeout = Duration::from_secs(1);
    let pool = Pool::new(FunctionSpec {
        timeout,
        memory_mb: 1_024,
        ..function("obeys")
    });

    let error = invoke(&pool, json!({"take_mb": 256})).await.unwrap_err();

    assert_eq!(error, InvokeError::TimedOut { after: timeout });
}

#[tokio::test]
async fn an_idle_process_that_dies_is_replaced_unnoticed() {
    let (witness, mut spec) = (
        TcpListener::bind("127.0.0.1:0").await.unwrap(),
        function("obeys"),
    );
    spec.environment.insert(
        "WITNESS".to_owned(),
        witness.local_addr().unwrap().to_string(),
    );
    let pool = Pool::new(spec);
    let first_pid = serving_pid(&pool).await;
    let (mut first, _) = witness.accept().await.unwrap();
    assert_eq!(first.read_u8().await.unwrap(), b'!');

    assert!(pool.kill(first_pid));
    let _ = first.read(&mut [0]).await;
    // The kernel closes a dying process's connections just before its parent can see the end.
    while pool.pids().iter().any(|process| process.pid == first_pid) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }

    assert_ne!(serving_pid(&pool).await, first_pid);
}

#[tokio::test]
async fn an_error_that_the_function_reports_leaves_its_process_alive() {
    let pool = pool(1);
    let pid = serving_pid(&pool).await;

    let error = invoke(&pool, json!({"fail": "no such table"}))
        .await
        .unwrap_err();

    let InvokeError::FunctionError { message, .. } = error else {
        panic!("{error:?}")
    };
    assert_eq!(message, "no such table");
    assert_eq!(serving_pid(&pool).await, pid);
}

#[tokio::test]
async fn an_answer_of_the_limit_passes_and_one_byte_more_is_an_error() {
    let (pool, limit) = (pool(1), 6 * 1024 * 1024 + 100);

    let answer = pool
        .invoke(json!({"answer_bytes": limit}).to_string())
        .await
        .unwrap();
    assert_eq!(answer.len(), limit);

    let error = pool
        .invoke(json!({"answer_bytes": limit + 1}).to_string())
        .await
        .unwrap_err();
    let expected = InvokeError::FunctionError {
        error_type: "Function.ResponseSizeTooLarge".to_owned(),
        message: "Response payload size exceeded maximum allowed payload size (6291556 bytes)."
            .to_owned(),
    };
    assert_eq!(error, expected);
    serving_pid(&pool).await;
}

#[tokio::test]
async fn a_process_that_exits_before_its_first_event_failed_to_initialise() {
    let error = invoke(&Pool::new(function("exits")), json!({}))
        .await
        .unwrap_err();

    let reason = "Runtime exited with error: exit status: 7".to_owned();
    assert_eq!(error, InvokeError::InitFailed { reason });
}

#[tokio::test]
async fn a_process_can_report_why_it_failed_to_initialise() {
    let pool = Pool::new(function("reports"));

    for _ in 0..2 {
        let error = invoke(&pool, json!({})).await.unwrap_err();
        let reason = "Config.Missing: TABLE_NAME is not set".to_owned();
        assert_eq!(error, InvokeError::InitFailed { reason });
    }
}

#[tokio::test]
async fn initialisation_is_given_ten_seconds() {
    let (pool, start) = (Pool::new(function("hangs")), Instant::now());

    let error = invoke(&pool, json!({})).await.unwrap_err();

    assert!(matches!(error, InvokeError::InitFailed { .. }), "{error:?}");
    assert!(
        (10.0..15.0).contains(&start.elapsed().as_secs_f64()),
        "{:?}",
        start.elapsed()
    );
    pool.shutdown().await;
    assert_eq!(pool.pids(), []);
}

#[tokio::test]
async fn a_program_that_does_not_exist_fails_every_call_and_holds_up_none() {
    let program = PathBuf::from("/no/such/program");
    let pool = Pool::new(FunctionSpec {
        program,
        ..function("obeys")
    });

    let calls = [
        invoke(&pool, json!({})),
        invoke(&pool, json!({})),
        invoke(&pool, json!({})),
    ]
    .map(Box::pin);
    for call in calls {
        let error = call.await.unwrap_err();
        assert!(
            error.to_string().contains("can't start /no/such/program"),
            "{error}"
        );
    }
}
