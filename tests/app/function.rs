//! One function as processes of its own, before back ends of the test's choice.

use std::collections::BTreeMap;
use std::time::Duration;

use local::{FunctionSpec, LogSink, Pool, SCHEDULE_GROUP};

use super::PROGRAM;
use crate::backends::TABLE;

/// What the functions' ids are tagged with, unless a test says otherwise.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// The role by which schedules send.
pub(crate) const SCHEDULE_ROLE_ARN: &str = "arn:aws:iam::123456789012:role/schedule";

/// The queue for what they cannot send.
const SCHEDULE_DEAD_LETTER_ARN: &str = "arn:aws:sqs:us-east-1:123456789012:undelivered";

/// What a function is started with.
pub(crate) struct Launch(FunctionSpec);

impl Launch {
    /// `submit`, `status` or `worker`, whose calls go to `endpoint`: in a usual environment, one process of it, nothing shown
    /// of what it logs.
    pub(crate) fn of(function: &str, endpoint: &str, queue_url: &str) -> Self {
        let environment = [
            ("TABLE_NAME", TABLE),
            ("QUEUE_URL", queue_url),
            ("ID_SECRETS", SECRET),
            ("RETENTION_SECONDS", "3600"),
            ("DEADLINE_SECONDS", "3600"),
            ("OPT_IN_KINDS", "rehearsal"),
            ("SCHEDULE_GROUP", SCHEDULE_GROUP),
            ("SCHEDULE_ROLE_ARN", SCHEDULE_ROLE_ARN),
            ("SCHEDULE_DEAD_LETTER_ARN", SCHEDULE_DEAD_LETTER_ARN),
            (ENDPOINT, endpoint),
        ];
        Self(FunctionSpec {
            name: function.to_owned(),
            program: PROGRAM.into(),
            args: vec!["function".to_owned(), function.to_owned()],
            environment: environment
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            timeout: Duration::from_secs(60),
            memory_mb: 512,
            max_instances: 1,
            logs: LogSink::new(|_, _| ()),
        })
    }

    pub(crate) fn with(mut self, variable: &str, value: &str) -> Self {
        let environment = &mut self.0.environment;
        environment.insert(variable.to_owned(), value.to_owned());
        self
    }

    /// With these variables and no others, but for where the back ends are.
    pub(crate) fn in_environment(mut self, environment: BTreeMap<String, String>) -> Self {
        let endpoint = self.0.environment.remove(ENDPOINT).unwrap_or_default();
        self.0.environment = environment;
        self.with(ENDPOINT, &endpoint)
    }

    pub(crate) fn timeout(mut self, timeout: Duration) -> Self {
        self.0.timeout = timeout;
        self
    }

    /// So many processes at once.
    pub(crate) fn instances(mut self, instances: usize) -> Self {
        self.0.max_instances = instances;
        self
    }

    pub(crate) fn logs(mut self, logs: LogSink) -> Self {
        self.0.logs = logs;
        self
    }

    /// None of its processes yet: the first event starts one.
    pub(crate) fn start(self) -> Pool {
        Pool::new(self.0)
    }
}

/// Where the AWS SDK finds every service.
const ENDPOINT: &str = "AWS_ENDPOINT_URL";
