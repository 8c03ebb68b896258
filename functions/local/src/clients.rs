//! AWS SDK clients for the embedded back ends.

use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};

/// The region of the embedded back ends.
pub(crate) const REGION: &str = "us-east-1";

/// Access key id of the functions, of which the embedded S3 verifies the signatures. The other back ends accept any.
pub(crate) const ACCESS_KEY_ID: &str = "local";

/// Secret access key of the functions.
pub(crate) const SECRET_ACCESS_KEY: &str = "local";

fn credentials() -> Credentials {
    Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "local")
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
