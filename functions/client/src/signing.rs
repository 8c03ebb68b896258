//! Signatures of requests (AWS Signature Version 4), for a deployment that authorizes with IAM.

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4::SigningParams;
use reqwest::header::{HOST, HeaderName, HeaderValue};
use reqwest::{Request, Url};
use tokio::sync::Mutex;
use url::Position;

/// Credentials are renewed this long before they expire: the clocks here and there may differ, and a request takes its time.
const RENEWAL: Duration = Duration::from_mins(1);
/// The name of API Gateway's endpoints in a signature.
const SERVICE: &str = "execute-api";

/// Whether and how the requests of a [`Client`](crate::Client) are signed with AWS credentials. These come from the default chain of the AWS SDKs:
/// environment, profile (keys, roles, SSO, a process), web identity, container, instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signing {
    /// When requests are signed.
    pub when: SignWhen,
    /// The AWS region of the service; `None`: the region in the host name of API Gateway, or that of the profile or the environment.
    pub region: Option<String>,
    /// The profile of the AWS configuration files, whose credentials are used and no others; `None`: the default chain.
    pub profile: Option<String>,
}

/// When requests are signed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SignWhen {
    /// If the service is at a host of API Gateway (`….execute-api.REGION.amazonaws.com`), credentials are found, and
    /// [`Options`](crate::Options) has neither a user nor an `Authorization` header.
    #[default]
    Automatic,
    /// Always. Without credentials or a region, every call fails.
    Always,
}

/// A request could not be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The default chain has no credentials.
    #[error("no AWS credentials are configured")]
    NoCredentials,
    /// There are credentials, but they cannot be read or renewed.
    #[error("the AWS credentials are not available")]
    Credentials(#[source] CredentialsError),
    /// The region of the service is unknown.
    #[error("the AWS region of the service is unknown")]
    Region,
    /// The request is one that cannot be signed.
    #[error("the request cannot be signed")]
    Request(#[source] Box<dyn Error + Send + Sync>),
}

/// Signs requests to one service.
#[derive(Debug)]
pub(crate) struct Signer {
    region: Region,
    source: SharedCredentialsProvider,
    /// Locked while they are resolved, so that requests at the same time start one process or SSO request, not one each.
    credentials: Mutex<Option<Credentials>>,
}

impl Signer {
    /// The signer of requests to `base`; `None` if they are not signed.
    pub(crate) async fn of(signing: &Signing, base: &Url) -> Result<Option<Self>, SigningError> {
        let host_region = region_of(base);
        let is_asked = signing.when == SignWhen::Always;
        if !is_asked && host_region.is_none() {
            return Ok(None);
        }
        let config = load(signing).await;
        let source = config.credentials_provider();
        let source = source.ok_or(SigningError::NoCredentials)?;
        let credentials = match source.provide_credentials().await {
            Err(CredentialsError::CredentialsNotLoaded(_)) if signing.profile.is_none() => {
                // The service may still be an open one.
                return if is_asked {
                    Err(SigningError::NoCredentials)
                } else {
                    Ok(None)
                };
            }
            found => found.map_err(SigningError::Credentials)?,
        };
        let stated = signing.region.clone().map(Region::new);
        let region = stated.or(host_region).or(config.region().cloned());
        Ok(Some(Self {
            region: region.ok_or(SigningError::Region)?,
            source,
            credentials: Mutex::new(Some(credentials)),
        }))
    }

    /// The credentials, resolved once until shortly before they expire.
    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let mut known = self.credentials.lock().await;
        let is_fresh = |credentials: &&Credentials| {
            let renewal = SystemTime::now() + RENEWAL;
            credentials.expiry().is_none_or(|expiry| expiry > renewal)
        };
        if let Some(credentials) = known.as_ref().filter(is_fresh) {
            return Ok(credentials.clone());
        }
        let credentials = self.source.provide_credentials().await?;
        Ok(known.insert(credentials).clone())
    }

    /// Adds the signature to the headers of a request.
    pub(crate) async fn sign(&self, request: &mut Request) -> Result<(), SigningError> {
        let credentials = self.credentials().await;
        let identity = credentials.map_err(SigningError::Credentials)?.into();
        let params = SigningParams::builder()
            .identity(&identity)
            .region(self.region.as_ref())
            .name(SERVICE)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .map_err(unsigned)?;
        let url = request.url().clone();
        // As the HTTP client writes it in `Host`.
        let host = &url[Position::BeforeHost..Position::AfterPort];
        let headers = request.headers().iter();
        let headers =
            headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let headers = headers.filter(|(name, _)| *name != HOST.as_str());
        let headers = std::iter::once((HOST.as_str(), host)).chain(headers);
        let body = request.body().map_or(Some(&[][..]), |body| body.as_bytes());
        let body = body.map_or(SignableBody::UnsignedPayload, SignableBody::Bytes);
        let method = request.method().as_str();
        let signable = SignableRequest::new(method, url.as_str(), headers, body);
        let signed = sign(signable.map_err(unsigned)?, &params.into()).map_err(unsigned)?;
        for (name, value) in signed.into_parts().0.headers() {
            let name: HeaderName = name.parse().map_err(unsigned)?;
            let mut value: HeaderValue = value.parse().map_err(unsigned)?;
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
        Ok(())
    }
}

async fn load(signing: &Signing) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::latest());
    if let Some(profile) = &signing.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = signing.region.clone() {
        loader = loader.region(Region::new(region));
    }
    let config = loader.load().await;
    let Some(profile) = &signing.profile else {
        return config;
    };
    // The default chain asks the environment first: its keys may be somebody else's than those of the profile that was named.
    let provider = ProviderConfig::without_region().with_region(config.region().cloned());
    let of_profile = ProfileFileCredentialsProvider::builder()
        .configure(&provider)
        .profile_name(profile)
        .build();
    let config = config.into_builder();
    config
        .credentials_provider(SharedCredentialsProvider::new(of_profile))
        .build()
}

/// The region in a host name such as `a1b2c3.execute-api.eu-central-1.amazonaws.com`.
fn region_of(url: &Url) -> Option<Region> {
    let (_, rest) = url.host_str()?.split_once(".execute-api.")?;
    let (region, domain) = rest.split_once('.')?;
    let is_aws = matches!(domain, "amazonaws.com" | "amazonaws.com.cn");
    is_aws.then(|| Region::new(region.to_owned()))
}

fn unsigned(error: impl Error + Send + Sync + 'static) -> SigningError {
    SigningError::Request(Box::new(error))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use aws_credential_types::provider::future;

    use super::*;

    #[test]
    fn the_region_is_that_of_a_host_of_api_gateway_only() {
        let region = |url: &str| region_of(&url.parse().unwrap()).map(|region| region.to_string());
        let api = "https://a1.execute-api.eu-central-1.amazonaws.com/prod";
        assert_eq!(region(api).unwrap(), "eu-central-1");
        let china = "https://a1.execute-api.cn-north-1.amazonaws.com.cn";
        assert_eq!(region(china).unwrap(), "cn-north-1");
        for other in [
            "https://example.org",
            "http://127.0.0.1:3000",
            "https://a1.execute-api.eu-central-1.amazonaws.com.example.org",
            "https://execute-api.eu-central-1.amazonaws.com",
        ] {
            assert_eq!(region(other), None, "{other}");
        }
    }

    /// Credentials that expire in this many seconds, if ever. Counts how often it is asked.
    #[derive(Debug)]
    struct Counting(Option<u64>, Arc<AtomicUsize>);

    impl ProvideCredentials for Counting {
        fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
        where
            Self: 'a,
        {
            future::ProvideCredentials::new(async {
                tokio::task::yield_now().await;
                self.1.fetch_add(1, Ordering::Relaxed);
                let expiry = self.0.map(Duration::from_secs);
                let expiry = expiry.map(|expiry| SystemTime::now() + expiry);
                Ok(Credentials::new("id", "secret", None, expiry, "test"))
            })
        }
    }

    #[tokio::test]
    async fn credentials_are_resolved_once_until_shortly_before_they_expire() {
        for (expiry, expected) in [(None, 1), (Some(90), 1), (Some(50), 4)] {
            let count = Arc::new(AtomicUsize::new(0));
            let signer = Signer {
                region: Region::from_static("eu-central-1"),
                source: SharedCredentialsProvider::new(Counting(expiry, Arc::clone(&count))),
                credentials: Mutex::default(),
            };
            let sign = async || {
                let url = "https://a.example/jobs".parse().unwrap();
                let mut request = Request::new(reqwest::Method::GET, url);
                signer.sign(&mut request).await.unwrap();
            };

            tokio::join!(sign(), sign(), sign());
            sign().await;

            assert_eq!(count.load(Ordering::Relaxed), expected, "{expiry:?}");
        }
    }
}
