//! The description of a function: its program, its environment and its limits.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use crate::clients::{ACCESS_KEY_ID, REGION, SECRET_ACCESS_KEY};

/// The account in every ARN; AWS's documentation uses it in examples.
pub(crate) const ACCOUNT_ID: &str = "123456789012";

/// A function, as `template.yaml` would describe it.
#[derive(Clone, Debug)]
pub struct FunctionSpec {
    /// Appears in logs, in the ARN and in `AWS_LAMBDA_FUNCTION_NAME`.
    pub name: String,
    /// The executable; usually [`std::env::current_exe`].
    pub program: PathBuf,
    /// For example `["function", "submit"]`.
    pub args: Vec<String>,
    /// The function's own variables. They override those that Lambda sets, for example region and credentials; only the
    /// address of the Runtime API cannot be replaced.
    pub environment: BTreeMap<String, String>,
    /// Time limit of an invocation; after it the process is killed.
    pub timeout: Duration,
    /// Memory limit of a process in MiB. On Linux a process above it is killed; elsewhere the limit is not enforced.
    pub memory_mb: u32,
    /// Maximum number of concurrent processes; 0 counts as 1.
    pub max_instances: usize,
    /// Receives the lines that the function writes.
    pub logs: LogSink,
}

impl FunctionSpec {
    /// The region of the embedded back ends, unless the environment sets another.
    pub(crate) fn region(&self) -> &str {
        self.environment
            .get("AWS_REGION")
            .map_or(REGION, String::as_str)
    }

    /// The ARN that is passed with every event.
    pub(crate) fn arn(&self) -> String {
        format!(
            "arn:aws:lambda:{}:{ACCOUNT_ID}:function:{}",
            self.region(),
            self.name
        )
    }

    /// The complete environment of a process: the variables of Lambda, overridden by those of the function.
    /// Source: <https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>
    pub(crate) fn process_environment(
        &self,
        runtime_api: &str,
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
            ("AWS_ACCESS_KEY_ID", ACCESS_KEY_ID.to_owned()),
            ("AWS_SECRET_ACCESS_KEY", SECRET_ACCESS_KEY.to_owned()),
            ("_HANDLER", "bootstrap".to_owned()),
            ("LAMBDA_TASK_ROOT", task_root),
            ("TZ", ":UTC".to_owned()),
            ("PATH", "/usr/local/bin:/usr/bin/:/bin:/opt/bin".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        environment.extend(self.environment.clone());
        environment.insert("AWS_LAMBDA_RUNTIME_API".to_owned(), runtime_api.to_owned());
        environment
    }
}

/// Receives the lines that function processes write to standard output and standard error.
#[derive(Clone)]
pub struct LogSink(Option<Arc<TakeLine>>);

/// Takes the name of a function and one of its lines.
type TakeLine = dyn Fn(&str, &str) + Send + Sync;

impl LogSink {
    /// Writes to the standard error of this process, each line prefixed with the function's name.
    #[must_use]
    pub fn stderr() -> Self {
        Self::new(|function, line| {
            // If standard error is closed, the failure cannot be reported anywhere.
            let _ = writeln!(io::stderr().lock(), "{function:<6} | {line}");
        })
    }

    /// Discards all lines: the processes write to the null device.
    #[must_use]
    pub fn nowhere() -> Self {
        Self(None)
    }

    /// Calls `take` with the function's name and a line without its line end. `take` must not block.
    pub fn new(take: impl Fn(&str, &str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(take)))
    }

    pub(crate) fn take(&self, function: &str, line: &str) {
        if let Some(take) = &self.0 {
            take(function, line);
        }
    }

    /// The standard output and standard error for a process.
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
