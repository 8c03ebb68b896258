//! What this test binary does when it is started again as a function process.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::{Value, json};

/// Started by the other tests with `ROLE`; without it there is nothing to do.
#[test]
fn a_function_process_for_the_other_tests() {
    let Ok(role) = env::var("ROLE") else { return };
    local::exit_when_parent_is_gone();
    // Held to the end of the process, so that a test sees the end as the end of this connection.
    let _witness = env::var("WITNESS").ok().map(|address| {
        let mut witness = TcpStream::connect(address).unwrap();
        witness.write_all(b"!").unwrap();
        witness
    });
    match role.as_str() {
        "exits" => process::exit(7),
        "hangs" => std::thread::sleep(Duration::from_hours(1)),
        "reports" => block_on(report_init_error()),
        _ => block_on(async { lambda_runtime::run(service_fn(handle)).await.unwrap() }),
    }
}

fn block_on(future: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future);
}

async fn report_init_error() {
    let api = env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let error = json!({"errorType": "Config.Missing", "errorMessage": "TABLE_NAME is not set"});
    let url = format!("http://{api}/2018-06-01/runtime/init/error");
    let answer = reqwest::Client::new()
        .post(url)
        .json(&error)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 202);
    std::future::pending::<()>().await;
}

static INVOCATIONS: AtomicU32 = AtomicU32::new(0);

/// Does what the event says: waits at a gate, exits, fails, and so on; then answers.
async fn handle(event: LambdaEvent<Value>) -> Result<Value, Error> {
    let nth = INVOCATIONS.fetch_add(1, Ordering::Relaxed) + 1;
    let (event, context) = (event.payload, event.context);
    if let Some(gate) = text(&event, "gate") {
        wait_at(&gate);
    }
    if let Some(line) = text(&event, "print") {
        println!("{line}");
        eprintln!("{line}, on stderr");
    }
    if let Some(status) = event.get("exit").and_then(Value::as_i64) {
        process::exit(status.try_into().unwrap());
    }
    if let Some(mebibytes) = event.get("take_mb").and_then(Value::as_u64) {
        take_memory(mebibytes).await;
    }
    if let Some(message) = text(&event, "fail") {
        return Err(message.into());
    }
    if let Some(bytes) = event.get("answer_bytes").and_then(Value::as_u64) {
        return Ok(Value::String(
            "x".repeat(usize::try_from(bytes).unwrap() - 2),
        ));
    }
    if let Some(answer) = event.get("answer") {
        return Ok(answer.clone());
    }
    if event.get("requestContext").is_some() {
        return Ok(http_answer(&event));
    }
    if let Some(records) = event["Records"].as_array() {
        return Ok(batch_answer(records));
    }
    Ok(json!({
        "pid": process::id(),
        "nth": nth,
        "environment": env::vars().collect::<std::collections::BTreeMap<_, _>>(),
        "request_id": context.request_id,
        "deadline_ms": context.deadline,
        "arn": context.invoked_function_arn,
        "trace": context.xray_trace_id,
    }))
}

/// Takes this much memory and keeps it, in an invocation that does not end by itself.
async fn take_memory(mebibytes: u64) {
    let taken = vec![1_u8; usize::try_from(mebibytes).unwrap() << 20];
    std::future::pending::<()>().await;
    drop(std::hint::black_box(taken));
}

/// Reports to the gate, and waits until the gate opens.
fn wait_at(gate: &str) {
    let mut gate = TcpStream::connect(gate).unwrap();
    gate.write_all(&process::id().to_be_bytes()).unwrap();
    let _ = gate.read(&mut [0]);
}

/// The body sent back as it came, and the event in a header.
fn http_answer(event: &Value) -> Value {
    let query = |name: &str| {
        event["queryStringParameters"]
            .get(name)
            .and_then(Value::as_str)
    };
    if let Some(gate) = query("gate") {
        wait_at(gate);
    }
    if query("exit").is_some() {
        process::exit(1);
    }
    if query("malformed").is_some() {
        return json!({"statusCode": "?"});
    }
    let mut shown = event.clone();
    shown.as_object_mut().unwrap().remove("body");
    json!({
        "statusCode": 202,
        "headers": {
            "content-type": event["headers"].get("content-type").unwrap_or(&json!("text/plain")),
            "x-function": env::var("AWS_LAMBDA_FUNCTION_NAME").unwrap(),
            "x-event": shown.to_string(),
            "content-length": "999",
            "access-control-allow-credentials": "true",
            "x-multi": "none",
        },
        "multiValueHeaders": {"x-multi": ["one", "two"]},
        "cookies": ["a=1", "b=2; Path=/"],
        "body": event.get("body"),
        "isBase64Encoded": event["isBase64Encoded"],
    })
}

/// A message's body says what to do with the batch: the worst wins.
fn batch_answer(records: &[Value]) -> Value {
    let bodies: Vec<&str> = records
        .iter()
        .map(|record| record["body"].as_str().unwrap())
        .collect();
    if bodies.contains(&"exit") {
        process::exit(1);
    }
    if let Some(gate) = bodies.iter().find_map(|body| body.strip_prefix("gate ")) {
        wait_at(gate);
    }
    if bodies.contains(&"malformed") {
        return json!("done");
    }
    let failed = records.iter().filter(|record| record["body"] == "fail");
    let failures: Vec<Value> = failed
        .map(|record| json!({"itemIdentifier": record["messageId"]}))
        .collect();
    json!({"batchItemFailures": failures})
}

fn text(event: &Value, member: &str) -> Option<String> {
    event.get(member).and_then(Value::as_str).map(str::to_owned)
}
