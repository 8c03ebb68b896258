//! What the tests are written with: a function of this binary, and gates at which its processes can be held.

use std::collections::BTreeMap;
use std::env;
use std::time::Duration;

use local::{FunctionSpec, InvokeError, LogSink, Pool, ProcessState};
use serde_json::{Value, json};
use tokio::io::AsyncReadExt as _;
use tokio::net::{TcpListener, TcpStream};

/// More than anything here takes, so that a test fails and does not hang.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// A function that is this binary in the given role, with one process at most.
pub(crate) fn function(role: &str) -> FunctionSpec {
    FunctionSpec {
        name: "tested".to_owned(),
        program: env::current_exe().unwrap(),
        args: [
            "--exact",
            "role::a_function_process_for_the_other_tests",
            "--nocapture",
        ]
        .map(str::to_owned)
        .into(),
        environment: BTreeMap::from([("ROLE".to_owned(), role.to_owned())]),
        timeout: PATIENCE,
        memory_mb: 128,
        max_instances: 1,
        logs: LogSink::new(|_, _| {}),
    }
}

/// A pool of a function that does what its events say.
pub(crate) fn pool(max_instances: usize) -> Pool {
    Pool::new(FunctionSpec {
        max_instances,
        ..function("obeys")
    })
}

/// Invokes with JSON on both sides.
pub(crate) async fn invoke(pool: &Pool, event: Value) -> Result<Value, InvokeError> {
    let answer = tokio::time::timeout(PATIENCE, pool.invoke(event.to_string()))
        .await
        .expect("an answer in time")?;
    Ok(serde_json::from_slice(&answer).unwrap())
}

/// The process id of whoever serves a plain event.
pub(crate) async fn serving_pid(pool: &Pool) -> u32 {
    pid_in(&invoke(pool, json!({})).await.unwrap())
}

pub(crate) fn pid_in(answer: &Value) -> u32 {
    answer["pid"].as_u64().unwrap().try_into().unwrap()
}

/// How many processes there are in a state.
pub(crate) fn count(pool: &Pool, state: ProcessState) -> usize {
    pool.pids()
        .iter()
        .filter(|process| process.state == state)
        .count()
}

/// A place where invocations with `{"gate": address}` stand until they are let go.
pub(crate) struct Gate {
    listener: TcpListener,
}

/// An invocation at a gate; dropping this lets it go.
pub(crate) struct Held {
    pub(crate) pid: u32,
    connection: TcpStream,
}

impl Gate {
    pub(crate) async fn new() -> Self {
        Self {
            listener: TcpListener::bind("127.0.0.1:0").await.unwrap(),
        }
    }

    pub(crate) fn address(&self) -> String {
        self.listener.local_addr().unwrap().to_string()
    }

    /// The event that brings an invocation here.
    pub(crate) fn event(&self) -> Value {
        json!({"gate": self.address()})
    }

    /// Waits for the next invocation that comes.
    pub(crate) async fn entered(&self) -> Held {
        let entered = async {
            let (mut connection, _) = self.listener.accept().await.unwrap();
            Held {
                pid: connection.read_u32().await.unwrap(),
                connection,
            }
        };
        tokio::time::timeout(PATIENCE, entered)
            .await
            .expect("an invocation at the gate")
    }
}

impl Held {
    /// Waits until the process that stands here is dead.
    pub(crate) async fn died(mut self) {
        let end = tokio::time::timeout(PATIENCE, self.connection.read(&mut [0]))
            .await
            .expect("the process's end");
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }
}
