//! One delivery of a webhook: a POST to a URL that whoever submitted the job chose.
//!
//! So the receiver is not trusted, and neither is its DNS server. [`engine::CallbackUrl`] judges the URL, and literal addresses with it: the
//! HTTP client connects to those without its resolver. [`CheckedResolver`] judges the addresses of names, and the client connects to what it
//! returns: a name is resolved once for each connection, and each delivery has a connection of its own. No redirect is followed, no proxy is
//! used, and nothing of the response except its status and `Retry-After` is kept.

mod answer;
mod resolver;

pub(crate) use answer::{Answer, Unanswered, Why};

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext};
use aws_smithy_runtime_api::client::dns::SharedDnsResolver;
use aws_smithy_runtime_api::client::http::{HttpConnector, SharedHttpConnector};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use aws_smithy_types::error::display::DisplayErrorContext;
use bytes::Bytes;
use engine::{CallbackPolicy, CallbackUrl, Timestamp};
use resolver::CheckedResolver;
use tokio::time::{Instant, timeout_at};
use tracing::debug;

/// Maximum time of a delivery, from the name's resolution to the end of the response. Standard Webhooks recommends 15 to 30 seconds.
pub(crate) const LONGEST: Duration = Duration::from_secs(15);

/// Number of bytes of a response that are read before the connection is closed, so that a receiver can finish a short one.
const MAX_RESPONSE_BYTES: usize = 64 * 1_024;

const USER_AGENT: &str = concat!("accepted/", env!("CARGO_PKG_VERSION"));

/// What is delivered.
#[derive(Clone, Debug)]
pub(crate) struct Webhook<'a> {
    /// The URL as stored. It is judged here, by the current policy.
    pub(crate) url: &'a str,
    /// The headers of [`engine::SigningSecrets::headers`], made for this delivery.
    pub(crate) headers: [(&'static str, String); 3],
    /// The JSON document that they sign.
    pub(crate) body: Bytes,
}

/// The client of the webhooks of a process. A process that delivers none builds no connector and reads no root certificates for it.
#[derive(Debug)]
pub(crate) struct WebhookClient {
    policy: CallbackPolicy,
    resolver: CheckedResolver,
    tls: TlsContext,
    longest: Duration,
    connector: OnceLock<SharedHttpConnector>,
}

impl WebhookClient {
    /// A client that delivers to the URLs that `policy` allows. Builds nothing yet.
    #[must_use]
    pub(crate) fn new(policy: CallbackPolicy) -> Self {
        Self {
            policy,
            resolver: CheckedResolver::of_system(),
            tls: TlsContext::default(),
            longest: LONGEST,
            connector: OnceLock::new(),
        }
    }

    /// Makes one delivery, within 15 seconds. `now` is when it starts, and the base of a `Retry-After` that is a date.
    ///
    /// A status is an answer, even if the rest of the response does not arrive.
    pub(crate) async fn deliver(&self, webhook: Webhook<'_>, now: Timestamp) -> Answer {
        let Ok(url) = CallbackUrl::parse(webhook.url, &self.policy) else {
            return Answer::unanswered(Unanswered::RefusedUrl);
        };
        let Some(request) = request(&url, webhook) else {
            return Answer::unanswered(Unanswered::RefusedUrl);
        };
        let until = Instant::now() + self.longest;
        match timeout_at(until, self.connector().call(request)).await {
            Ok(Ok(response)) => {
                let answer = Answer::of(&response, now);
                // The answer is known; this only lets the receiver finish.
                let _ = timeout_at(until, read(response)).await;
                answer
            }
            Ok(Err(error)) => Answer::unanswered(why(&error)),
            Err(_) => Answer::unanswered(Unanswered::Timeout),
        }
    }

    fn connector(&self) -> &SharedHttpConnector {
        self.connector.get_or_init(|| {
            let connector = Connector::builder()
                // Connections are not kept: an address is checked for each delivery, and idle connections break while Lambda freezes the process.
                .pool_max_idle_per_host(0)
                // A proxy would resolve the name once more, and could reach what this process must not.
                .proxy_config(ProxyConfig::disabled())
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .tls_context(self.tls.clone())
                .build_with_resolver(SharedDnsResolver::new(self.resolver.clone()));
            SharedHttpConnector::new(connector)
        })
    }
}

/// The POST; `None` if the HTTP client cannot send it.
fn request(url: &CallbackUrl, webhook: Webhook<'_>) -> Option<HttpRequest> {
    let mut request = HttpRequest::new(SdkBody::from(webhook.body));
    request.set_method("POST").ok()?;
    request.set_uri(url.as_str()).ok()?;
    let headers = request.headers_mut();
    headers.insert("content-type", "application/json");
    headers.insert("user-agent", USER_AGENT);
    for (name, value) in webhook.headers {
        headers.try_insert(name, value).ok()?;
    }
    Some(request)
}

/// Reads and drops the beginning of the response's body.
async fn read(response: HttpResponse) {
    let mut body = ByteStream::new(response.into_body());
    let mut bytes = 0;
    while bytes < MAX_RESPONSE_BYTES
        && let Some(Ok(chunk)) = body.next().await
    {
        bytes += chunk.len();
    }
}

fn why(error: &ConnectorError) -> Unanswered {
    debug!(error = %DisplayErrorContext(error), "a webhook was not answered");
    Unanswered::of(error)
}

#[cfg(test)]
mod tests;
