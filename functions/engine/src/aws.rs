//! The AWS clients, built once for each process.

use std::fmt;
use std::time::Duration;

use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;
use aws_sdk_dynamodb::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use aws_smithy_async::time::SystemTimeSource;
use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime::client::dns::TokioDnsResolver;
use aws_smithy_runtime_api::client::dns::SharedDnsResolver;
use aws_smithy_runtime_api::client::http::{
    HttpConnectorSettings, SharedHttpConnector, http_client_fn,
};
use aws_types::SdkConfig;
use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};

use crate::{ConfigError, Environment};

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

/// Builds the clients with the region, the credentials and the endpoints of the environment. Nothing is sent yet.
///
/// These are the only sources, since Lambda sets the region and the keys of the execution role in every function of this runtime
/// (<https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime>; only `SnapStart`, which it does not
/// have, sets container credentials instead). The loader and the chain of providers of `aws-config`, with profiles, STS and instance metadata,
/// would be a seventh of a function's executable.
///
/// # Errors
/// [`ConfigError`] without a region or a key.
pub fn load_aws(environment: &Environment) -> Result<Aws, ConfigError> {
    let region = environment.optional("AWS_REGION");
    let region = region.or_else(|| environment.optional("AWS_DEFAULT_REGION"));
    let connector = connector();
    let shared = connector.clone();
    let config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(
            region.ok_or(ConfigError::Missing("AWS_REGION"))?,
        ))
        .credentials_provider(credentials(environment)?)
        .use_fips(environment.switch("AWS_USE_FIPS_ENDPOINT")?)
        .use_dual_stack(environment.switch("AWS_USE_DUALSTACK_ENDPOINT")?)
        .service_config(OfServices(environment.clone()))
        .retry_config(RetryConfig::standard())
        .timeout_config(timeouts())
        // The clients have a default, but `AssumeRoleProvider`, which a kind may use, panics without one.
        .time_source(SystemTimeSource::new())
        .http_client(http_client_fn(move |_, _| shared.clone()))
        .build();
    let dynamodb = aws_sdk_dynamodb::Client::new(&config);
    let sqs = aws_sdk_sqs::Client::new(&config);
    Ok(Aws {
        config,
        dynamodb,
        sqs,
        connector,
    })
}

/// The keys of the execution role. They are the same as long as the process lives: Lambda ends it before they expire.
fn credentials(environment: &Environment) -> Result<SharedCredentialsProvider, ConfigError> {
    let credentials = Credentials::new(
        environment.text("AWS_ACCESS_KEY_ID")?,
        environment.text("AWS_SECRET_ACCESS_KEY")?,
        environment.optional("AWS_SESSION_TOKEN"),
        None,
        "environment",
    );
    Ok(SharedCredentialsProvider::new(credentials))
}

/// The settings that an SDK asks for by service. `AWS_ENDPOINT_URL_SECRETS_MANAGER` takes precedence over `AWS_ENDPOINT_URL`
/// (<https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>).
struct OfServices(Environment);

impl LoadServiceConfig for OfServices {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let Self(environment) = self;
        let service = key.service_id().to_uppercase().replace([' ', '-'], "_");
        let of_service = environment.optional(&format!("{}_{service}", key.env()));
        of_service.or_else(|| environment.optional(key.env()))
    }
}

/// Shows no variable: some are secrets.
impl fmt::Debug for OfServices {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfServices").finish_non_exhaustive()
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
        .build_with_resolver(system_resolver());
    SharedHttpConnector::new(connector)
}

/// Looks names up as the system does. All HTTP clients have this type of resolver, so that their code is in an executable once.
pub(crate) fn system_resolver() -> SharedDnsResolver {
    SharedDnsResolver::new(TokioDnsResolver::new())
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_sdk_dynamodb::config::ProvideCredentials;

    const GOOD: [(&str, &str); 3] = [
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ];

    fn config(more: &[(&str, &str)]) -> SdkConfig {
        let environment = Environment::of(&[&GOOD, more].concat());
        load_aws(&environment).unwrap().config
    }

    #[tokio::test]
    async fn requests_are_signed_with_the_keys_and_the_token_of_the_environment() {
        let config = config(&[("AWS_SESSION_TOKEN", "token")]);
        let provider = config.credentials_provider().unwrap();
        let found = provider.provide_credentials().await.unwrap();
        assert_eq!(found.access_key_id(), "AKIA");
        assert_eq!(found.secret_access_key(), "secret");
        assert_eq!(found.session_token(), Some("token"));
    }

    #[test]
    fn the_endpoint_of_a_service_comes_before_the_endpoint_of_all() {
        let config = config(&[
            ("AWS_ENDPOINT_URL", "http://all"),
            ("AWS_ENDPOINT_URL_SECRETS_MANAGER", "http://secrets"),
        ]);
        let endpoint = |service| {
            let key = ServiceConfigKey::builder().service_id(service);
            let key = key.env("AWS_ENDPOINT_URL").profile("endpoint_url");
            let settings = config.service_config().unwrap();
            settings.load_config(key.build().unwrap()).unwrap()
        };
        assert_eq!(endpoint("Secrets Manager"), "http://secrets");
        assert_eq!(endpoint("SQS"), "http://all");
    }

    #[test]
    fn endpoints_are_of_fips_or_dual_stack_if_the_environment_says_so() {
        let plain = config(&[]);
        assert_eq!(
            (plain.use_fips(), plain.use_dual_stack()),
            (Some(false), Some(false))
        );
        let fips = config(&[("AWS_USE_FIPS_ENDPOINT", "true")]);
        assert_eq!(
            (fips.use_fips(), fips.use_dual_stack()),
            (Some(true), Some(false))
        );
        let dual = config(&[("AWS_USE_DUALSTACK_ENDPOINT", "true")]);
        assert_eq!(
            (dual.use_fips(), dual.use_dual_stack()),
            (Some(false), Some(true))
        );
    }

    #[test]
    fn the_default_region_counts_without_another() {
        let variables = [&GOOD[1..], &[("AWS_DEFAULT_REGION", "eu-west-1")]].concat();
        let aws = load_aws(&Environment::of(&variables)).unwrap();
        assert_eq!(aws.config.region(), Some(&Region::new("eu-west-1")));
    }
}
