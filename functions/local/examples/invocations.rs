//! Measures what an invocation of a function costs that does nothing: `cargo run --release -p local --example invocations`.

use std::collections::BTreeMap;
use std::env;
use std::error::Error;
use std::time::{Duration, Instant};

use lambda_runtime::{LambdaEvent, service_fn};
use local::{FunctionSpec, LogSink, Pool, exit_when_parent_is_gone};
use serde_json::Value;

/// The argument that makes a function process of this program.
const FUNCTION: &str = "function";

const PROCESSES: usize = 2;
/// Twice as many as there are processes, so that no process waits for a caller.
const CALLERS: u32 = 4;
const CALLS_EACH: u32 = 2_000;

fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    if env::args().nth(1).as_deref() == Some(FUNCTION) {
        exit_when_parent_is_gone();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        return runtime.block_on(lambda_runtime::run(service_fn(do_nothing)));
    }
    tokio::runtime::Runtime::new()?.block_on(measure())
}

async fn do_nothing(_: LambdaEvent<Value>) -> Result<Value, lambda_runtime::Error> {
    Ok(Value::Null)
}

async fn measure() -> Result<(), Box<dyn Error + Send + Sync>> {
    let pool = Pool::new(FunctionSpec {
        name: "nothing".to_owned(),
        program: env::current_exe()?,
        args: vec![FUNCTION.to_owned()],
        environment: BTreeMap::new(),
        timeout: Duration::from_secs(10),
        memory_mb: 128,
        max_instances: PROCESSES,
        logs: LogSink::stderr(),
    });
    // The first one starts a process, which is not what is measured.
    pool.invoke("{}").await?;
    let start = Instant::now();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| tokio::spawn(call(pool.clone())))
        .collect();
    for caller in callers {
        caller.await??;
    }
    let (total, took) = (CALLERS * CALLS_EACH, start.elapsed());
    let each = took / total;
    println!("{total} invocations in {took:.2?}, one every {each:.1?}");
    pool.shutdown().await;
    Ok(())
}

async fn call(pool: Pool) -> Result<(), local::InvokeError> {
    for _ in 0..CALLS_EACH {
        pool.invoke("{}").await?;
    }
    Ok(())
}
