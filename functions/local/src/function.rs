//! What a function is: a program, its environment, and its limits.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

/// The account that every ARN names; AWS's own documentation uses it for examples.
pub(crate) const ACCOUNT_ID: &str = "123456789012";

/// Where the service pretends to be, unless a function's environment says otherwise.
const DEFAULT_REGION: &str = "us-east-1";

/// A function, as `template.yaml` would describe it.
#[derive(Clone, Debug)]
pub struct FunctionSpec {
    /// Its name: in logs, in its ARN, and in `AWS_LAMBDA_FUNCTION_NAME`.
    pub name: String,
    /// The executable; usually [`std::env::current_exe`].
    pub program: PathBuf,
    /// Its arguments, e.g. `["function", "submit"]`.
    pub args: Vec<String>,
    /// The function's own variables. They go before those that Lambda sets, so that a region or credentials for other
    /// back ends can be given; only the address of the Runtime API can't be replaced.
    pub environment: BTreeMap<String, String>,
    /// How long one invocation may take before its process is killed.
    pub timeout: Duration,
    /// How much memory a process of it may take (MiB) before it is killed, on Linux; elsewhere it is only told so.
    pub memory_mb: u32,
    /// How many processes there may be at once; 0 counts as 1.
    pub max_instances: usize,
    /// Where the lines go that the function writes.
    pub logs: LogSink,
}

impl FunctionSpec {
    /// The region that the function believes it runs in.
    pub(crate) fn region(&self) -> &str {
        self.environment
            .get("AWS_REGION")
            .map_or(DEFAULT_REGION, String::as_str)
    }

    /// The ARN that comes with every event.
    pub(crate) fn arn(&self) -> String {
        format!(
            "arn:aws:lambda:{}:{ACCOUNT_ID}:function:{}",
            self.region(),
            self.name
        )
    }

    /// The whole environment of a process of this function: what Lambda sets, then what the function brings.
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
    pub(crate) fn process_environment(
        &self,
        runtime_api: SocketAddr,
        log_stream: &str,
    ) -> BTreeMap<String, String> {
        let task_root = self
            .program
            .parent()
            .unwrap_or(&self.program)
            .display()
            .to_string();
        let mut environment: BTreeMap<String, String> = [
            ("AWS_LAMBDA_FUNCTION_NAME", self.name.clone()),
            (
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
                self.memory_mb.to_string(),
            ),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("AWS_LAMBDA_INITIALIZATION_TYPE", "on-demand".to_owned()),
            (
                "AWS_LAMBDA_LOG_GROUP_NAME",
                format!("/aws/lambda/{}", self.name),
            ),
            ("AWS_LAMBDA_LOG_STREAM_NAME", log_stream.to_owned()),
            ("AWS_REGION", self.region().to_owned()),
            ("AWS_DEFAULT_REGION", self.region().to_owned()),
            ("AWS_ACCESS_KEY_ID", "local".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "local".to_owned()),
            ("_HANDLER", "bootstrap".to_owned()),
            ("LAMBDA_TASK_ROOT", task_root),
            ("TZ", ":UTC".to_owned()),
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        environment.extend(self.environment.clone());
        environment.insert("AWS_LAMBDA_RUNTIME_API".to_owned(), runtime_api.to_string());
        environment
    }
}

/// Where the lines go that function processes write to their standard output and error.
#[derive(Clone)]
pub struct LogSink(Option<Arc<TakeLine>>);

/// Gets a function's name and one of its lines.
type TakeLine = dyn Fn(&str, &str) + Send + Sync;

impl LogSink {
    /// To this process's standard error, each line behind the function's name.
    #[must_use]
    pub fn stderr() -> Self {
        Self::new(|function, line| {
            // Nobody is left to tell when standard error itself is closed.
            let _ = writeln!(io::stderr().lock(), "{function:<6} | {line}");
        })
    }

    /// Nowhere: the processes write to the null device, and nobody reads along.
    #[must_use]
    pub fn nowhere() -> Self {
        Self(None)
    }

    /// To `take`, which gets the function's name and a line without its end. It must not block.
    pub fn new(take: impl Fn(&str, &str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(take)))
    }

    pub(crate) fn take(&self, function: &str, line: &str) {
        if let Some(take) = &self.0 {
            take(function, line);
        }
    }

    /// Where a process's standard output and error go.
    pub(crate) fn stdio(&self) -> Stdio {
        match self.0 {
            Some(_) => Stdio::piped(),
            None => Stdio::null(),
        }
    }
}

impl fmt::Debug for LogSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LogSink")
    }
}
