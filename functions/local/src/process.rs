//! One operating system process of a function: started with nothing but its environment, watched to its end.

use std::env;
use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, ChildStdin, Command};
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
        runtime_api: SocketAddr,
    ) -> io::Result<(Self, impl Future<Output = ()> + Send + 'static)> {
        let mut child = command(function, runtime_api).spawn()?;
        let pid = child
            .id()
            .ok_or_else(|| io::Error::other("the process ended at once"))?;
        let parent_end = child.stdin.take();
        let logs = forward_logs(&mut child, &function.name, &function.logs);
        let kill = Arc::new(Notify::new());
        let (ended_tx, ended) = watch::channel(None);
        let end = End {
            kill: Arc::clone(&kill),
            out_of_memory: out_of_memory(pid, function),
            said: ended_tx,
        };
        let keeper = keep(child, parent_end, logs, end);
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

fn command(function: &FunctionSpec, runtime_api: SocketAddr) -> Command {
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

/// Why a process is killed, and where its end is reported.
struct End<F> {
    kill: Arc<Notify>,
    out_of_memory: F,
    said: watch::Sender<Option<String>>,
}

/// Reaps the process, whether it ends by itself or is killed. Until then it holds the parent's end of the standard input, which
/// `Child` itself would close when the wait begins.
async fn keep(
    mut child: Child,
    parent_end: Option<ChildStdin>,
    mut logs: JoinSet<()>,
    end: End<impl Future<Output = &'static str>>,
) {
    let (ended, reason) = tokio::select! {
        status = child.wait() => (Some(status), None),
        () = end.kill.notified() => (None, None),
        reason = end.out_of_memory => (None, Some(reason)),
    };
    let status = if let Some(status) = ended {
        status
    } else {
        // Fails only if the process is already dead.
        let _ = child.start_kill();
        child.wait().await
    };
    drop(parent_end);
    let mut status = status.map_or_else(|error| error.to_string(), |status| status.to_string());
    if let Some(reason) = reason {
        status = format!("{status}, {reason}");
    }
    end.said.send_replace(Some(status));
    let _ = tokio::time::timeout(LAST_LINES_WAIT, async {
        while logs.join_next().await.is_some() {}
    })
    .await;
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
