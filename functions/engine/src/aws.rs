//! The AWS clients, built once for each process.

use std::time::Duration;

use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::{BehaviorVersion, SdkConfig};
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpConnector, http_client_fn,
};

/// The AWS clients of a function. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Aws {
    /// The configuration of these clients.
    pub config: SdkConfig,
    /// The client for the table of jobs.
    pub dynamodb: aws_sdk_dynamodb::Client,
    /// The client for the queue of jobs.
    pub sqs: aws_sdk_sqs::Client,
    /// The connector that all of them share.
    pub connector: SharedHttpConnector,
}

/// Timeout of a try. DynamoDB and SQS answer within milliseconds, so a longer try is lost. A submit usually makes three calls (with an
/// `Idempotency-Key`), which fit into its function's timeout; a worker reserves the time of more than one call.
pub(crate) const ATTEMPT: Duration = Duration::from_millis(1_500);
const OPERATION: Duration = Duration::from_secs(4);
const CONNECT: Duration = Duration::from_secs(1);

/// The timeouts of a call, from connecting to its last try, so that a function can still respond if a back end does not.
#[must_use]
pub fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(OPERATION)
        .build()
}

/// Reads region, credentials and endpoints from the environment, as every AWS SDK does, and builds the clients. Nothing is
/// sent yet.
pub async fn load_aws() -> Aws {
    let connector = connector();
    let shared = connector.clone();
    let mut config = aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts())
        .http_client(http_client_fn(move |_, _| shared.clone()));
    // The chain of providers reads the environment first. If that has the credentials, as in Lambda, the other providers would be built
    // for nothing: among them a client for STS, which takes a seventh of a cold start.
    if is_set("AWS_ACCESS_KEY_ID") && is_set("AWS_SECRET_ACCESS_KEY") {
        config = config.credentials_provider(EnvironmentVariableCredentialsProvider::new());
    }
    let config = config.load().await;
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let sqs = aws_sdk_sqs::Client::new(&config);
    Aws {
        config,
        dynamodb,
        sqs,
        connector,
    }
}

/// Returns one connector for all clients, equal to the SDK's default except that it is built once. By default, each client builds a
/// connector at start-up to validate its configuration, drops it, and builds another one in its first call, and each connector parses
/// all root certificates of the system.
fn connector() -> SharedHttpConnector {
    let settings = HttpConnectorSettings::builder().connect_timeout(CONNECT);
    let connector = Connector::builder()
        .connector_settings(settings.build())
        .proxy_config(ProxyConfig::from_env())
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
        .build();
    SharedHttpConnector::new(connector)
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}
