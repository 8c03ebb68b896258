//! AWS SDK clients for the embedded back ends.

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};

/// The region of the embedded back ends.
pub(crate) const REGION: &str = "us-east-1";

fn credentials() -> Credentials {
    Credentials::new("local", "local", None, None, "local")
}

/// A client of the DynamoDB at this URL.
#[must_use]
pub fn dynamodb_client(url: &str) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(credentials())
        .endpoint_url(url);
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

/// A client of the SQS at this URL.
#[must_use]
pub fn sqs_client(url: &str) -> aws_sdk_sqs::Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(credentials())
        .endpoint_url(url);
    aws_sdk_sqs::Client::from_conf(config.build())
}
