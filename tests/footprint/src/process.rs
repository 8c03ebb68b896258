//! One function process.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use dynoxide::Database;
use tokio::process::{Child, Command};

use crate::Error;
use crate::builds::Function;
use crate::cloud::Cloud;

/// A function that runs, and its surroundings.
pub(crate) struct Process {
    pub(crate) cloud: Cloud,
    /// From its start to its first poll of the Runtime API.
    pub(crate) cold_start: std::time::Duration,
    child: Child,
}

impl Process {
    /// Starts a function and waits for its first poll. `under` is a program and its arguments that run it.
    pub(crate) async fn start(
        function: &Function,
        database: &Database,
        under: &[&str],
    ) -> Result<Self, Error> {
        let mut cloud = Cloud::start(database, function.tls.as_ref()).await?;
        let mut command = command(function, under);
        environment(&mut command, &cloud);
        if let Some(tls) = &function.tls {
            command.envs(tls.environment());
        }
        command.envs(function.environment.iter().cloned());
        let began = Instant::now();
        let child = command
            .kill_on_drop(true)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()?;
        let cold_start = cloud.first_poll().await? - began;
        Ok(Self {
            cloud,
            cold_start,
            child,
        })
    }

    /// The most memory that it had so far, in KiB, as the kernel counts it.
    pub(crate) fn peak_rss_kib(&self) -> Result<u64, Error> {
        self.memory("VmHWM:")
    }

    /// The memory that it has, in KiB.
    pub(crate) fn rss_kib(&self) -> Result<u64, Error> {
        self.memory("VmRSS:")
    }

    fn memory(&self, line: &str) -> Result<u64, Error> {
        let id = self.child.id().ok_or(Error::Silent)?;
        let status =
            std::fs::read_to_string(Path::new("/proc").join(id.to_string()).join("status"))?;
        let kib = status
            .lines()
            .find_map(|text| text.strip_prefix(line)?.trim().strip_suffix(" kB"));
        let kib = kib.and_then(|digits| digits.trim().parse().ok());
        kib.ok_or_else(|| Error::unexpected(status.as_bytes()))
    }

    /// Ends it, and gives what it wrote to its standard error.
    pub(crate) async fn end(self) -> Result<String, Error> {
        if let Some(id) = self.child.id() {
            Command::new("kill").arg(id.to_string()).status().await?;
        }
        let output = self.child.wait_with_output().await?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn command(function: &Function, under: &[&str]) -> Command {
    let mut words = under
        .iter()
        .map(Into::into)
        .chain(function.command.iter().cloned());
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    command
}

/// What Lambda and the template would have set, and nothing else of this machine's.
fn environment(command: &mut Command, cloud: &Cloud) {
    command.env_clear().envs([
        ("PATH", std::env::var("PATH").unwrap_or_default()),
        ("AWS_LAMBDA_RUNTIME_API", cloud.runtime_api.clone()),
        ("AWS_LAMBDA_FUNCTION_NAME", "f".to_owned()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512".to_owned()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "l".to_owned()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "g".to_owned()),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_DEFAULT_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE".to_owned()),
        (
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".to_owned(),
        ),
        ("AWS_SESSION_TOKEN", "EXAMPLE".to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", cloud.dynamodb.clone()),
        ("AWS_ENDPOINT_URL_SQS", cloud.sqs.clone()),
        ("TABLE_NAME", "jobs".to_owned()),
        ("QUEUE_URL", format!("{}/123456789012/jobs", cloud.sqs)),
        (
            "SCHEDULER_DOMAIN",
            "scheduler.us-east-1.amazonaws.com".to_owned(),
        ),
        ("SCHEDULE_GROUP", "schedules".to_owned()),
        (
            "SCHEDULE_ROLE_ARN",
            "arn:aws:iam::123456789012:role/schedules".to_owned(),
        ),
        (
            "SCHEDULE_DEAD_LETTER_ARN",
            "arn:aws:sqs:us-east-1:123456789012:undelivered".to_owned(),
        ),
        ("ID_SECRETS", "0123456789abcdef0123456789abcdef".to_owned()),
        ("RETENTION_SECONDS", "86400".to_owned()),
        ("DEADLINE_SECONDS", "86400".to_owned()),
        ("AUTHORIZATION", "AWS_IAM".to_owned()),
        ("OPT_IN_KINDS", "rehearsal".to_owned()),
        ("METRICS_NAMESPACE", "Accepted/bench".to_owned()),
    ]);
}
