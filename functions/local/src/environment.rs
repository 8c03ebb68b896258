//! The functions' environment variables.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::backends::{Backends, TABLE};
use crate::clients::REGION;

/// Where the functions and the event source reach the back ends: directly, or through a front of the caller's.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// URL of DynamoDB.
    pub dynamodb: String,
    /// URL of SQS.
    pub sqs: String,
}

impl Endpoints {
    /// The back ends themselves.
    #[must_use]
    pub fn of(backends: &Backends) -> Self {
        Self {
            dynamodb: backends.dynamodb_url.clone(),
            sqs: backends.sqs_url.clone(),
        }
    }
}

/// What the functions' environment says that is not the same everywhere on this machine.
pub(crate) struct Settings {
    pub(crate) retention: Duration,
    pub(crate) deadline: Duration,
    pub(crate) write_horizon: Duration,
    pub(crate) monitor_links: bool,
}

/// What the template gives the functions, and where the back ends are.
pub(crate) fn environment(
    settings: &Settings,
    backends: &Backends,
    endpoints: &Endpoints,
) -> BTreeMap<String, String> {
    [
        ("TABLE_NAME", TABLE.to_owned()),
        ("QUEUE_URL", backends.queue_url.clone()),
        ("ID_SECRETS", backends.id_secret.clone()),
        (
            "RETENTION_SECONDS",
            settings.retention.as_secs().to_string(),
        ),
        ("DEADLINE_SECONDS", settings.deadline.as_secs().to_string()),
        (
            "WRITE_HORIZON_SECONDS",
            settings.write_horizon.as_secs().to_string(),
        ),
        ("OPT_IN_KINDS", "rehearsal".to_owned()),
        ("MONITOR_LINKS", settings.monitor_links.to_string()),
        ("AUTHORIZATION", "NAME".to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoints.dynamodb.clone()),
        ("AWS_ENDPOINT_URL_SQS", endpoints.sqs.clone()),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO".to_owned()),
        // The lines pass through this process, and who reads them may be a file.
        ("NO_COLOR", "1".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
