//! The arguments that every command takes.

use reqwest::Url;
use reqwest::header::{HeaderName, HeaderValue};

use crate::{Client, ClientError, JobRef, Options, RetryPolicy, SignWhen, Signing};

/// Where the service is if it runs on the same machine.
const DEFAULT_URL: &str = "http://127.0.0.1:3000";

/// The arguments of a command about one job.
#[derive(Debug, clap::Args)]
pub struct JobArgs {
    /// Status URI or id of the job
    #[arg(value_name = "URI_OR_ID")]
    job: JobRef,
    #[command(flatten)]
    connection: ConnectionArgs,
}

impl JobArgs {
    /// A client, and the status URI of the job.
    pub(super) fn client(self) -> Result<(Client, Url), ClientError> {
        self.connection.client_for(&self.job)
    }
}

/// The arguments that every command takes: which service, and as whom. To be flattened into those of a command.
#[derive(Debug, clap::Args)]
pub struct ConnectionArgs {
    /// Base URL of the service
    #[arg(long, value_name = "BASE", env = "ACCEPTED_URL", default_value = DEFAULT_URL, value_parser = base)]
    url: Url,
    /// User of a service on this machine (HTTP Basic, empty password)
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// Header of every request, for example 'Authorization: Bearer …'; repeatable
    #[arg(long = "header", value_name = "NAME: VALUE", value_parser = header)]
    headers: Vec<(HeaderName, HeaderValue)>,
    /// Sign requests with AWS credentials (automatic for a host of API Gateway)
    #[arg(long)]
    sign: bool,
    /// AWS region of the service; requests are signed [default: from the host name, or as configured]
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
    /// Profile of the AWS configuration; requests are signed [default: that of the environment, or `default`]
    #[arg(long, value_name = "PROFILE")]
    profile: Option<String>,
}

impl ConnectionArgs {
    /// A client of the service that the arguments name.
    ///
    /// # Errors
    /// [`ClientError::Setup`] if TLS cannot be set up.
    pub fn client(self) -> Result<Client, ClientError> {
        let is_asked = self.sign || self.region.is_some() || self.profile.is_some();
        let signing = Signing {
            when: if is_asked {
                SignWhen::Always
            } else {
                SignWhen::Automatic
            },
            region: self.region,
            profile: self.profile,
        };
        let options = Options {
            user: self.user,
            headers: self.headers.into_iter().collect(),
            signing,
            retry: RetryPolicy::default(),
        };
        Client::new(self.url, options)
    }

    /// A client, and the status URI of a job. An absolute URI also names the service, so `--user` and `--header` go there.
    pub(super) fn client_for(mut self, job: &JobRef) -> Result<(Client, Url), ClientError> {
        if let Some(service) = job.service() {
            self.url = service;
        }
        let client = self.client()?;
        let uri = job.resolve(&client)?;
        Ok((client, uri))
    }
}

fn base(text: &str) -> Result<Url, String> {
    if !text.starts_with("http://") && !text.starts_with("https://") {
        return Err("it must begin with http:// or https://".to_owned());
    }
    Url::parse(text).map_err(|error| error.to_string())
}

/// The value may be a secret, so it is marked as sensitive: `Debug` does not show it.
fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
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
        .map_err(|_| "the value has characters that a header cannot have".to_owned())?;
    value.set_sensitive(true);
    Ok((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_s_value_never_shows_in_debug_output() {
        let header = header("Authorization: Bearer secret").unwrap();

        assert_eq!(header.0, "authorization");
        assert_eq!(header.1.to_str().unwrap(), "Bearer secret");
        assert!(!format!("{header:?}").contains("secret"));
    }

    #[test]
    fn a_header_without_a_colon_or_with_a_line_break_is_refused() {
        assert!(header("Authorization").is_err());
        assert!(header("X-A: one\r\nX-B: two").is_err());
    }

    #[test]
    fn a_base_url_is_http_or_https() {
        assert!(base("http://127.0.0.1:3000").is_ok());
        assert!(base("https://example.org/prod").is_ok());
        assert!(base("file:///etc/passwd").is_err());
        assert!(base("127.0.0.1:3000").is_err());
    }
}
