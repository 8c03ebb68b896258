//! One operating system process of a function: started with nothing but its environment, watched to its end.

use std::env;
use std::ffi::OsString;
use std::io;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::function::{FunctionSpec, LogSink};
use crate::identifiers;
use crate::memory::out_of_memory;

/// Maximum wait for the last lines of a dead process. They are in the pipe already, unless a child of the process holds the pipe
/// open.
const LAST_LINES_WAIT: Duration = Duration::from_millis(500);

/// A handle on a process. Dropping it kills the process.
pub(crate) struct Process {
    pub(crate) pid: u32,
    kill: Arc<Notify>,
    ended: watch::Receiver<Option<String>>,
}

impl Process {
    /// Starts a process of `function`. Returns its handle and its keeper. The caller must run the keeper, which completes when the
    /// process is dead and reaped.
    pub(crate) fn start(
        function: &FunctionSpec,
        runtime_api: &str,
    ) -> io::Result<(Self, impl Future<Output = ()> + Send + 'static)> {
        let mut child = command(function, runtime_api).spawn()?;
        let pid = child
            .id()
            .ok_or_else(|| io::Error::other("the process ended at once"))?;
        let parent_end = child.stdin.take();
        let mut logs = forward_logs(&mut child, &function.name, &function.logs);
        let kill = Arc::new(Notify::new());
        let (said, ended) = watch::channel(None);
        let reaped = reap(child, Arc::clone(&kill), out_of_memory(pid, function));
        let keeper = async move {
            let status = reaped.await;
            // Not before: `Child` itself would close the parent's end when the wait begins.
            drop(parent_end);
            said.send_replace(Some(status));
            let last_lines = async { while logs.join_next().await.is_some() {} };
            let _ = tokio::time::timeout(LAST_LINES_WAIT, last_lines).await;
        };
        Ok((Self { pid, kill, ended }, keeper))
    }

    pub(crate) fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    /// Waits until the process is dead. Returns how it ended.
    pub(crate) async fn ended(&mut self) -> String {
        match self.ended.wait_for(Option::is_some).await {
            Ok(status) => status.clone().unwrap_or_default(),
            // The keeper was dropped with the pool, which kills the process.
            Err(_) => "killed".to_owned(),
        }
    }

    /// Kills the process with SIGKILL and waits until it is dead.
    pub(crate) async fn kill(&mut self) {
        self.kill.notify_one();
        self.ended().await;
    }

    /// Notifying this kills the process, for callers that do not own the handle.
    pub(crate) fn killer(&self) -> Arc<Notify> {
        Arc::clone(&self.kill)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill.notify_one();
    }
}

fn command(function: &FunctionSpec, runtime_api: &str) -> Command {
    let log_stream = format!("[$LATEST]{}", identifiers::invocation_id().replace('-', ""));
    let mut command = Command::new(&function.program);
    command
        .args(&function.args)
        .env_clear()
        .envs(advanced_clock())
        .envs(function.process_environment(runtime_api, &log_stream))
        .stdin(Stdio::piped())
        .stdout(function.logs.stdio())
        .stderr(function.logs.stdio())
        .kill_on_drop(true);
    // A process group of its own: only the parent receives Ctrl-C from a terminal, and then ends its functions in order.
    #[cfg(unix)]
    command.process_group(0);
    command
}

/// If a test started this process with a clock that it advances (libfaketime), a function has the same one: its variables are passed on.
fn advanced_clock() -> impl Iterator<Item = (&'static str, OsString)> {
    let names = [
        "FAKETIME_TIMESTAMP_FILE",
        "FAKETIME_NO_CACHE",
        "DONT_FAKE_MONOTONIC",
        "LD_PRELOAD",
    ];
    let is_advanced = env::var_os(names[0]).is_some();
    let inherited = names.into_iter().filter(move |_| is_advanced);
    inherited.filter_map(|name| Some((name, env::var_os(name)?)))
}

/// Reaps the process, whether it ends by itself or is killed. Returns how it ended.
async fn reap(
    mut child: Child,
    kill: Arc<Notify>,
    out_of_memory: impl Future<Output = &'static str>,
) -> String {
    let (ended, reason) = tokio::select! {
        status = child.wait() => (Some(status), None),
        () = kill.notified() => (None, None),
        reason = out_of_memory => (None, Some(reason)),
    };
    let status = if let Some(status) = ended {
        status
    } else {
        // Fails only if the process is already dead.
        let _ = child.start_kill();
        child.wait().await
    };
    let status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
    match reason {
        Some(reason) => format!("{status}, {reason}"),
        None => status,
    }
}

fn forward_logs(child: &mut Child, function: &str, sink: &LogSink) -> JoinSet<()> {
    let mut logs = JoinSet::new();
    if let Some(stdout) = child.stdout.take() {
        logs.spawn(forward(stdout, function.to_owned(), sink.clone()));
    }
    if let Some(stderr) = child.stderr.take() {
        logs.spawn(forward(stderr, function.to_owned(), sink.clone()));
    }
    logs
}

async fn forward(pipe: impl AsyncRead + Unpin, function: String, sink: LogSink) {
    let mut lines = BufReader::new(pipe);
    let mut line = Vec::new();
    // Bytes, not `lines()`: a line that is not UTF-8 must not end the forwarding, because the process would then block on its pipe.
    while let Ok(1..) = lines.read_until(b'\n', &mut line).await {
        sink.take(
            &function,
            String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']),
        );
        line.clear();
    }
}
