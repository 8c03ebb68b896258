//! The settings of webhooks.

use crate::{CallbackPolicy, ConfigError, Environment};

impl Environment {
    /// `WEBHOOKS`: whether the ends of jobs are reported to the URLs that their submits named, `true` or `false`. Default: `false`; then
    /// none of the other settings here is read.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] if it is anything else.
    pub fn webhooks(&self) -> Result<bool, ConfigError> {
        self.switch("WEBHOOKS")
    }

    /// `CALLBACK_QUEUE_URL`: the URL of the queue of deliveries.
    ///
    /// # Errors
    /// [`ConfigError`] if it is not set, or is not a URL.
    pub fn callback_queue_url(&self) -> Result<String, ConfigError> {
        self.url("CALLBACK_QUEUE_URL")
    }

    /// `CALLBACK_HOSTS`, the hosts to which webhooks are delivered, comma-separated (see [`CallbackPolicy::parse`]), and
    /// `CALLBACKS_TO_LOOPBACK`, whether those of a developer's machine are among them. Default: every public host.
    pub fn callback_policy(&self) -> Result<CallbackPolicy, ConfigError> {
        const VARIABLE: &str = "CALLBACK_HOSTS";
        let hosts = self.optional(VARIABLE).unwrap_or_default();
        let policy = CallbackPolicy::parse(VARIABLE, &hosts)?;
        Ok(if self.switch("CALLBACKS_TO_LOOPBACK")? {
            policy.and_loopback()
        } else {
            policy
        })
    }

    /// `PUBLIC_BASE_URL`, or else `API_BASE_URL`, without a trailing slash: the beginning of links where there is no request whose URL they
    /// could begin with.
    ///
    /// # Errors
    /// [`ConfigError`] if neither is set, or one is not an absolute http or https URL.
    pub fn base_url_of_webhooks(&self) -> Result<String, ConfigError> {
        if let Some(url) = self.public_base_url()? {
            return Ok(url);
        }
        let url = self.url("API_BASE_URL")?;
        Ok(url.trim_end_matches('/').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::CallbackUrl;

    #[test]
    fn callbacks_go_to_the_hosts_of_the_list_and_to_the_loopback_only_where_it_says_so() {
        let accepts = |variables: &[_], url| {
            let policy = Environment::of(variables).callback_policy().unwrap();
            CallbackUrl::parse(url, &policy).is_ok()
        };
        let (public, local) = ("https://hooks.example.com", "http://127.0.0.1:8080");
        assert!(accepts(&[], public) && !accepts(&[], local));
        let hosts = [("CALLBACK_HOSTS", "*.example.org")];
        assert!(!accepts(&hosts, public));
        let loopback = [("CALLBACKS_TO_LOOPBACK", "true")];
        assert!(accepts(&loopback, public) && accepts(&loopback, local));
        let malformed = Environment::of(&[("CALLBACK_HOSTS", "*")]);
        assert!(malformed.callback_policy().is_err());
    }

    #[test]
    fn the_links_of_webhooks_begin_with_the_public_url_or_that_of_the_api() {
        let (public, api) = ("https://jobs.example.com/v1/", "https://x.example.com/");
        let url = |variables: &[_]| Environment::of(variables).base_url_of_webhooks();
        let both = [("PUBLIC_BASE_URL", public), ("API_BASE_URL", api)];
        assert_eq!(url(&both), Ok("https://jobs.example.com/v1".to_owned()));
        assert_eq!(url(&both[1..]), Ok("https://x.example.com".to_owned()));
        assert_eq!(url(&[]), Err(ConfigError::Missing("API_BASE_URL")));
    }
}
