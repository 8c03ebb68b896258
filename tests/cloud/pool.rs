//! How invocations and processes come together.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use local::{FunctionSpec, InvokeError, LogSink, Pool, ProcessState};
use serde_json::{Value, json};

use crate::app::{Gate, count, function, invoke, pid_in, pool, serving_pid};

#[tokio::test]
async fn one_process_serves_one_invocation_after_the_other() {
    let pool = pool(4);

    let first = invoke(&pool, json!({})).await.unwrap();
    let second = invoke(&pool, json!({})).await.unwrap();

    assert_eq!(pid_in(&first), pid_in(&second));
    assert_eq!((&first["nth"], &second["nth"]), (&json!(1), &json!(2)));
    assert_ne!(first["request_id"], second["request_id"]);
}

#[tokio::test]
async fn the_process_that_was_used_last_is_used_next() {
    let (pool, gate) = (pool(2), Gate::new().await);
    let calls = (0..2)
        .map(|_| tokio::spawn(held_call(pool.clone(), gate.event())))
        .collect::<Vec<_>>();
    let (one, other) = (gate.entered().await, gate.entered().await);
    let (one_pid, other_pid) = (one.pid, other.pid);
    drop(other);
    until(|| count(&pool, ProcessState::Idle) == 1).await;
    drop(one);
    until(|| count(&pool, ProcessState::Idle) == 2).await;
    for call in calls {
        call.await.unwrap().unwrap();
    }

    assert_ne!(one_pid, other_pid);
    assert_eq!(serving_pid(&pool).await, one_pid);
    assert_eq!(serving_pid(&pool).await, one_pid);
}

#[tokio::test]
async fn no_more_processes_are_started_than_allowed() {
    let (pool, gate) = (pool(2), Gate::new().await);
    let calls = (0..3)
        .map(|_| tokio::spawn(held_call(pool.clone(), gate.event())))
        .collect::<Vec<_>>();
    let first_two = (gate.entered().await, gate.entered().await);
    assert_eq!(count(&pool, ProcessState::Busy), 2);
    assert_eq!(pool.pids().len(), 2);

    let freed = first_two.0.pid;
    drop(first_two.0);
    let third = gate.entered().await;

    assert_eq!(third.pid, freed);
    assert_eq!(pool.pids().len(), 2);
    drop((first_two.1, third));
    for call in calls {
        call.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn invocations_that_wait_are_served_in_the_order_in_which_they_came() {
    let (pool, gate) = (pool(1), Gate::new().await);
    let first = tokio::spawn(held_call(pool.clone(), gate.event()));
    let held = gate.entered().await;
    let mut waiting = Vec::new();
    for _ in 0..5 {
        waiting.push(tokio::spawn(held_call(pool.clone(), json!({}))));
        tokio::task::yield_now().await;
    }

    drop(held);

    first.await.unwrap().unwrap();
    for (place, call) in waiting.into_iter().enumerate() {
        assert_eq!(call.await.unwrap().unwrap()["nth"], place + 2);
    }
}

#[tokio::test]
async fn an_invocation_runs_on_when_its_caller_goes_away() {
    let (pool, gate) = (pool(1), Gate::new().await);
    let caller = tokio::spawn(held_call(pool.clone(), gate.event()));
    let held = gate.entered().await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());

    let next = tokio::spawn(held_call(pool.clone(), json!({})));
    tokio::task::yield_now().await;
    assert_eq!(count(&pool, ProcessState::Busy), 1);
    let pid = held.pid;
    drop(held);

    let answer = next.await.unwrap().unwrap();
    assert_eq!((pid_in(&answer), &answer["nth"]), (pid, &json!(2)));
}

#[tokio::test]
async fn a_caller_that_goes_away_before_its_turn_gives_it_up() {
    let (pool, gate) = (pool(1), Gate::new().await);
    let first = tokio::spawn(held_call(pool.clone(), gate.event()));
    let held = gate.entered().await;
    let impatient = tokio::spawn(held_call(pool.clone(), json!({})));
    tokio::task::yield_now().await;
    impatient.abort();
    assert!(impatient.await.unwrap_err().is_cancelled());

    drop(held);

    first.await.unwrap().unwrap();
    assert_eq!(invoke(&pool, json!({})).await.unwrap()["nth"], 2);
}

#[tokio::test]
async fn a_process_has_no_environment_but_its_own_and_lambda_s() {
    let answer = invoke(&pool(1), json!({})).await.unwrap();

    let environment = answer["environment"].as_object().unwrap();
    let names: Vec<&str> = environment
        .keys()
        .map(String::as_str)
        .filter(|name| !set_by_lambda_runtime(name))
        .collect();
    assert_eq!(
        names,
        [
            "AWS_ACCESS_KEY_ID",
            "AWS_DEFAULT_REGION",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
            "AWS_LAMBDA_FUNCTION_NAME",
            "AWS_LAMBDA_FUNCTION_VERSION",
            "AWS_LAMBDA_INITIALIZATION_TYPE",
            "AWS_LAMBDA_LOG_GROUP_NAME",
            "AWS_LAMBDA_LOG_STREAM_NAME",
            "AWS_LAMBDA_RUNTIME_API",
            "AWS_REGION",
            "AWS_SECRET_ACCESS_KEY",
            "LAMBDA_TASK_ROOT",
            "PATH",
            "ROLE",
            "TZ",
            "_HANDLER",
        ]
    );
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_NAME"], "tested");
    assert_eq!(environment["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "128");
}

/// The runtime client passes the trace on in a variable of its own process.
fn set_by_lambda_runtime(name: &str) -> bool {
    name == "_X_AMZN_TRACE_ID"
}

#[tokio::test]
async fn the_context_of_an_invocation_is_lambda_s() {
    let before_ms = now_ms();
    let pool = Pool::new(FunctionSpec {
        timeout: Duration::from_secs(20),
        ..function("obeys")
    });

    let answer = invoke(&pool, json!({})).await.unwrap();

    assert_eq!(
        answer["arn"],
        "arn:aws:lambda:us-east-1:123456789012:function:tested"
    );
    let remaining_ms = answer["deadline_ms"].as_u64().unwrap() - before_ms;
    assert!(
        (20_000..=20_000 + now_ms() - before_ms).contains(&remaining_ms),
        "{remaining_ms}"
    );
    let trace = answer["trace"].as_str().unwrap();
    assert!(
        trace.starts_with("Root=1-") && trace.ends_with(";Sampled=0"),
        "{trace}"
    );
}

#[tokio::test]
async fn what_a_process_writes_comes_line_by_line_with_its_function_s_name() {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&lines);
    let logs = LogSink::new(move |function, line| {
        sink.lock().unwrap().push(format!("{function}: {line}"));
    });
    let pool = Pool::new(FunctionSpec {
        logs,
        ..function("obeys")
    });

    invoke(&pool, json!({"print": "hello\nthere"}))
        .await
        .unwrap();
    pool.shutdown().await;

    let lines = lines.lock().unwrap();
    for expected in ["tested: hello", "tested: there", "tested: there, on stderr"] {
        assert!(
            lines.iter().any(|line| line == expected),
            "{expected} in {lines:?}"
        );
    }
}

#[tokio::test]
async fn a_shutdown_kills_every_process_and_stops_every_call() {
    let (pool, gate) = (pool(2), Gate::new().await);
    let running = (0..2)
        .map(|_| tokio::spawn(held_call(pool.clone(), gate.event())))
        .collect::<Vec<_>>();
    let held = [gate.entered().await, gate.entered().await];
    let waiting = tokio::spawn(held_call(pool.clone(), json!({})));
    tokio::task::yield_now().await;

    pool.shutdown().await;

    assert_eq!(pool.pids(), []);
    for held in held {
        #[cfg(target_os = "linux")]
        assert!(
            !std::path::Path::new(&format!("/proc/{}", held.pid)).exists(),
            "not even a zombie"
        );
        held.died().await;
    }
    for call in running {
        assert_eq!(call.await.unwrap(), Err(InvokeError::Stopped));
    }
    assert_eq!(waiting.await.unwrap(), Err(InvokeError::Stopped));
    assert_eq!(invoke(&pool, json!({})).await, Err(InvokeError::Stopped));
}

async fn held_call(pool: Pool, event: Value) -> Result<Value, InvokeError> {
    invoke(&pool, event).await
}

/// A process is idle only once it has asked for the next event, which nothing tells but the list of processes.
async fn until(condition: impl Fn() -> bool) {
    let waited = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(crate::app::PATIENCE, waited)
        .await
        .expect("the condition in time");
}

fn now_ms() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis()
        .try_into()
        .unwrap()
}
