//! The service's own executable, as a child process.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, LazyLock, Mutex, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{PATIENCE, Process, signal};

/// What `tests/service.rs` is built to.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_service");

/// A running service. Dropping it stops it, and looks whether a process is left.
pub(crate) struct Service {
    child: Child,
    pub(crate) url: String,
    pub(crate) dynamodb_url: String,
    pub(crate) sqs_url: String,
    pub(crate) scheduler_url: String,
    /// What it prints when it is ready.
    pub(crate) welcome: String,
    log: Option<JoinHandle<String>>,
}

impl Service {
    /// Starts it on a free port with these flags, and waits until it is ready.
    pub(crate) fn start(flags: &[&str]) -> Self {
        Self::start_with(flags, [])
    }

    /// The same with these variables.
    pub(super) fn start_with(
        flags: &[&str],
        variables: impl IntoIterator<Item = (&'static str, PathBuf)>,
    ) -> Self {
        let mut child = Command::new(PROGRAM)
            .args(["serve", "--port", "0"])
            .args(flags)
            .envs(variables)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            // An error ends the log; the lines before it are shown.
            let _ = stderr.read_to_end(&mut log);
            String::from_utf8_lossy(&log).into_owned()
        });
        let welcome = welcome(&mut child);
        let url = |name: &str| {
            let mut lines = welcome.lines();
            let line = lines.find_map(|line| line.trim().strip_prefix(name));
            let url = line.and_then(|line| line.split_whitespace().next());
            url.unwrap_or_else(|| panic!("no {name} in {welcome:?}"))
                .to_owned()
        };
        Self {
            child,
            url: url("API"),
            dynamodb_url: url("DynamoDB"),
            sqs_url: url("SQS"),
            scheduler_url: url("Scheduler"),
            log: Some(log),
            welcome,
        }
    }

    /// The group's service: started by the first test that asks, stopped by the last that has it.
    pub(super) fn shared(group: &'static str, flags: &[&str]) -> Arc<Self> {
        static SHARED: LazyLock<Mutex<HashMap<&str, Weak<Service>>>> =
            LazyLock::new(Mutex::default);
        let mut shared = SHARED.lock().unwrap();
        let standing = shared.get(group).and_then(Weak::upgrade);
        standing.unwrap_or_else(|| {
            let service = Arc::new(Self::start(flags));
            shared.insert(group, Arc::downgrade(&service));
            service
        })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The functions' processes.
    pub(crate) fn functions(&self) -> Vec<Process> {
        Process::children_of(self.pid())
    }

    /// The worker's processes.
    pub(crate) fn workers(&self) -> Vec<Process> {
        let mut functions = self.functions();
        functions.retain(|process| process.is_function("worker"));
        functions
    }

    /// Sends a signal and waits for the end.
    pub(crate) fn end_with(&mut self, name: &str) -> ExitStatus {
        signal(name, self.pid());
        self.wait()
    }

    /// Stops it: what it and its functions logged.
    pub(crate) fn stop(mut self) -> String {
        self.end_with("TERM");
        self.take_log()
    }

    /// Waits for the end of what it and its functions logged.
    pub(crate) fn take_log(&mut self) -> String {
        let log = self.log.take().expect("it is taken once");
        log.join().expect("the log is read to its end")
    }

    fn wait(&mut self) -> ExitStatus {
        let asked = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            if asked.elapsed() > PATIENCE {
                let _ = self.child.kill();
                panic!("the service does not stop");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// What the child says until it is ready.
fn welcome(child: &mut Child) -> String {
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut welcome = String::new();
    while !welcome.contains("Ctrl-C stops everything.") {
        let read = stdout.read_line(&mut welcome).unwrap();
        assert!(read > 0, "the service does not start: {welcome:?}");
    }
    welcome
}

impl Drop for Service {
    fn drop(&mut self) {
        let functions = self.functions();
        let ended = match self.child.try_wait() {
            Ok(Some(status)) => status,
            _ => self.end_with("TERM"),
        };
        let log = self.log.take().and_then(|log| log.join().ok());
        if std::thread::panicking() {
            // The test harness shows it with the failure.
            println!("{}", log.unwrap_or_default());
            return;
        }
        // A test that killed it looks after the functions itself: they need a moment to see that.
        let left: Vec<_> = functions
            .iter()
            .filter(|process| process.is_alive())
            .collect();
        assert!(!ended.success() || left.is_empty(), "left behind: {left:?}");
    }
}
