use std::str::FromStr;
use std::time::Duration;

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use super::{Client, ClientError, JobRef};

/// Where `cargo run` serves.
pub const DEFAULT_URL: &str = "http://127.0.0.1:3000";

/// The arguments that every command takes: which service, and as whom.
#[derive(Debug, Clone, clap::Args)]
pub struct ConnectionArgs {
    /// Where the service is
    #[arg(long, value_name = "BASE", env = "ACCEPTED_URL", default_value = DEFAULT_URL, value_parser = parse_base)]
    pub url: Url,
    /// Call as this user of the local service (HTTP Basic, empty password)
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// A header for every request, for example 'Authorization: Bearer …'; repeatable
    #[arg(long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<Header>,
}

impl ConnectionArgs {
    /// A client for the service that the arguments name.
    pub fn client(&self) -> Result<Client, ClientError> {
        Client::new(self.url.clone(), self.options())
    }

    /// A client, and the status URI of a job.
    ///
    /// Who names a job by its absolute URI has named the service too, so `--user` and `--header` then go to that one.
    pub fn client_for(&self, job: &JobRef) -> Result<(Client, Url), ClientError> {
        let base = job.service().unwrap_or_else(|| self.url.clone());
        let client = Client::new(base, self.options())?;
        let uri = job.resolve(&client)?;
        Ok((client, uri))
    }

    fn options(&self) -> Options {
        Options {
            user: self.user.clone(),
            headers: self.headers.clone(),
            retry: RetryPolicy::default(),
        }
    }
}

fn parse_base(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).map_err(|error| error.to_string())?;
    match url.scheme() {
        "http" | "https" => Ok(url),
        other => Err(format!(
            "`{other}` is not a scheme that this client speaks; use http or https"
        )),
    }
}

/// How a [`Client`] presents itself, and how patient it is.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The user for the local service's stand-in authorizer: HTTP Basic with an empty password.
    pub user: Option<String>,
    /// Headers for every request to the service's own origin.
    pub headers: Vec<Header>,
    /// What a watch does about answers that may be better in a moment.
    pub retry: RetryPolicy,
}

/// How often, and how fast, a watch asks again after a lost connection, a 429 or a 5xx.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Failures in a row that are forgiven.
    pub max_retries: u32,
    /// The delay before the first retry; it doubles from one to the next, up to 5 s.
    pub first_delay: Duration,
}

impl Default for RetryPolicy {
    /// Seven retries in about 18 s: longer than a deployment's hiccup, shorter than a person's patience.
    fn default() -> Self {
        Self {
            max_retries: 7,
            first_delay: Duration::from_millis(250),
        }
    }
}

/// A request header from the command line. Its value may be a secret, so `Debug` doesn't show it.
#[derive(Debug, Clone)]
pub struct Header {
    /// The field name.
    pub name: HeaderName,
    /// The field value, marked as sensitive.
    pub value: HeaderValue,
}

impl FromStr for Header {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (name, value) = text
            .split_once(':')
            .ok_or("a header is written as 'Name: value'")?;
        let name = name
            .trim()
            .parse()
            .map_err(|_| format!("`{name}` is not a header name"))?;
        let mut value: HeaderValue = value
            .trim()
            .parse()
            .map_err(|_| "the value has characters that no header may have".to_owned())?;
        value.set_sensitive(true);
        Ok(Self { name, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_s_value_never_shows_in_debug_output() {
        let header: Header = "Authorization: Bearer secret".parse().unwrap();

        assert_eq!(header.name, "authorization");
        assert_eq!(header.value.to_str().unwrap(), "Bearer secret");
        assert!(!format!("{header:?}").contains("secret"));
    }

    #[test]
    fn a_header_without_a_colon_or_with_a_line_break_is_refused() {
        assert!("Authorization".parse::<Header>().is_err());
        assert!("X-A: one\r\nX-B: two".parse::<Header>().is_err());
    }

    #[test]
    fn a_base_url_is_http_or_https() {
        assert!(parse_base("http://127.0.0.1:3000").is_ok());
        assert!(parse_base("https://example.org/prod").is_ok());
        assert!(parse_base("file:///etc/passwd").is_err());
        assert!(parse_base("127.0.0.1:3000").is_err());
    }
}
