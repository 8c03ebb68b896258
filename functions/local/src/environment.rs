//! The functions' environment variables.

use std::collections::BTreeMap;

use crate::backends::{Backends, Endpoints, TABLE};
use crate::bucket::BUCKET;
use crate::clients::REGION;
use crate::schedule::{SCHEDULE_GROUP, SCHEDULE_ROLE_ARN};
use crate::service_options::ServiceOptions;

/// The variables that the template sets, and the endpoints.
pub(crate) fn environment(
    options: &ServiceOptions,
    backends: &Backends,
    endpoints: &Endpoints,
) -> BTreeMap<String, String> {
    [
        ("TABLE_NAME", TABLE.to_owned()),
        ("QUEUE_URL", backends.queue_url.clone()),
        ("WEBHOOKS", "true".to_owned()),
        ("CALLBACK_QUEUE_URL", backends.callback_queue_url.clone()),
        (
            "CALLBACKS_TO_LOOPBACK",
            options.callbacks_to_loopback.to_string(),
        ),
        ("ID_SECRETS", backends.id_secret.clone()),
        ("RETENTION_SECONDS", options.retention.as_secs().to_string()),
        ("DEADLINE_SECONDS", options.deadline.as_secs().to_string()),
        (
            "WRITE_HORIZON_SECONDS",
            options.write_horizon().as_secs().to_string(),
        ),
        ("OPT_IN_KINDS", "rehearsal".to_owned()),
        ("MONITOR_LINKS", options.monitor_links.to_string()),
        ("AUTHORIZATION", options.authorizer.setting().to_owned()),
        ("AWS_REGION", REGION.to_owned()),
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoints.dynamodb.clone()),
        ("AWS_ENDPOINT_URL_SQS", endpoints.sqs.clone()),
        ("AWS_ENDPOINT_URL_SCHEDULER", endpoints.scheduler.clone()),
        ("SCHEDULE_GROUP", SCHEDULE_GROUP.to_owned()),
        ("SCHEDULE_ROLE_ARN", SCHEDULE_ROLE_ARN.to_owned()),
        ("SCHEDULE_DEAD_LETTER_ARN", backends.undelivered_arn.clone()),
        (
            "SCHEDULER_DOMAIN",
            format!("scheduler.{REGION}.amazonaws.com"),
        ),
        ("PAYLOADS_BUCKET", BUCKET.to_owned()),
        // Not AWS_ENDPOINT_URL_S3, which a kind may need for a bucket of its own.
        ("PAYLOADS_ENDPOINT_URL", endpoints.s3.clone()),
        ("UPLOAD_DAYS", options.upload_days().to_string()),
        ("MAX_UPLOAD_MIB", "1024".to_owned()),
        ("AWS_LAMBDA_LOG_LEVEL", "INFO".to_owned()),
        // The lines pass through this process, whose output may be a file.
        ("NO_COLOR", "1".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}
