//! AWS SDK clients for the embedded back ends.

use aws_credential_types::Credentials;
use aws_sdk_dynamodb::config::{BehaviorVersion, Region, SharedCredentialsProvider};
use engine::SdkConfig;

/// The region of the embedded back ends.
pub(crate) const REGION: &str = "us-east-1";

/// Access key id of the functions, of which the embedded S3 verifies the signatures. The other back ends accept any.
pub(crate) const ACCESS_KEY_ID: &str = "local";

/// Secret access key of the functions.
pub(crate) const SECRET_ACCESS_KEY: &str = "local";

/// The configuration of a client of the back end at this URL.
fn config(url: &str) -> SdkConfig {
    let credentials = Credentials::new(ACCESS_KEY_ID, SECRET_ACCESS_KEY, None, None, "local");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static(REGION))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .endpoint_url(url)
        .build()
}

/// A client of the DynamoDB at this URL.
#[must_use]
pub fn dynamodb_client(url: &str) -> aws_sdk_dynamodb::Client {
    aws_sdk_dynamodb::Client::new(&config(url))
}

/// A client of the SQS at this URL.
#[must_use]
pub fn sqs_client(url: &str) -> aws_sdk_sqs::Client {
    aws_sdk_sqs::Client::new(&config(url))
}
