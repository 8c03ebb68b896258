//! What a deployment allows as a callback.

use super::CallbackHost;
use crate::ConfigError;

/// The hosts to which a deployment makes callbacks.
#[derive(Clone, Debug, Default)]
pub struct CallbackPolicy {
    /// Every host, if it is empty.
    hosts: Vec<HostPattern>,
    to_loopback: bool,
}

#[derive(Clone, Debug)]
enum HostPattern {
    One(CallbackHost),
    /// The names that end with this text: a dot and a domain.
    Below(String),
}

impl CallbackPolicy {
    /// From a comma-separated list of hosts: `hooks.example.com` is that host, `*.example.com` each name below it, but not `example.com`
    /// itself. An empty list allows every host.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`], naming `variable`, if one of them is neither.
    pub fn parse(variable: &'static str, list: &str) -> Result<Self, ConfigError> {
        let names = list
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty());
        let hosts: Option<Vec<_>> = names.map(HostPattern::parse).collect();
        let malformed = || {
            let expected = "comma-separated hosts, such as hooks.example.com or *.example.com";
            ConfigError::malformed(variable, expected.to_owned())
        };
        Ok(Self {
            hosts: hosts.ok_or_else(malformed)?,
            to_loopback: false,
        })
    }

    /// The same hosts, and plain http to 127.0.0.0/8 and `::1`, on any port. Only `local` allows that: in a deployment, the services on the
    /// loopback are those of Lambda.
    #[must_use]
    pub fn and_loopback(mut self) -> Self {
        self.to_loopback = true;
        self
    }

    pub(super) fn allows_loopback(&self) -> bool {
        self.to_loopback
    }

    pub(super) fn allows_host(&self, host: &CallbackHost) -> bool {
        self.hosts.is_empty() || self.hosts.iter().any(|pattern| pattern.matches(host))
    }
}

impl HostPattern {
    fn parse(text: &str) -> Option<Self> {
        let Some(domain) = text.strip_prefix("*.") else {
            return CallbackHost::parse(text).map(Self::One);
        };
        match CallbackHost::parse(domain)? {
            CallbackHost::Name(domain) => Some(Self::Below(format!(".{domain}"))),
            CallbackHost::Address(_) => None,
        }
    }

    fn matches(&self, host: &CallbackHost) -> bool {
        match (self, host) {
            (Self::One(allowed), host) => allowed == host,
            (Self::Below(end), CallbackHost::Name(name)) => name.ends_with(end),
            (Self::Below(_), CallbackHost::Address(_)) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(list: &str, host: &str) -> bool {
        let policy = CallbackPolicy::parse("CALLBACK_HOSTS", list).unwrap();
        policy.allows_host(&CallbackHost::parse(host).unwrap())
    }

    #[test]
    fn a_list_allows_its_hosts_and_those_below_its_wildcards() {
        let list = " Hooks.example.com, *.example.org,8.8.8.8,[2606:4700::1] ";
        for host in [
            "hooks.example.com",
            "HOOKS.example.com",
            "a.example.org",
            "a.b.example.org",
            "8.8.8.8",
            "[2606:4700:0::1]",
        ] {
            assert!(allows(list, host), "{host}");
        }
        for host in [
            "example.com",
            "a.hooks.example.com",
            "example.org",
            "badexample.org",
            "a.example.org.evil.com",
            "8.8.4.4",
        ] {
            assert!(!allows(list, host), "{host}");
        }
    }

    #[test]
    fn an_empty_list_allows_every_host_and_no_loopback() {
        for list in ["", " ", ","] {
            assert!(allows(list, "example.com") && allows(list, "8.8.8.8"));
            let policy = CallbackPolicy::parse("CALLBACK_HOSTS", list).unwrap();
            assert!(!policy.allows_loopback());
            assert!(policy.and_loopback().allows_loopback());
        }
    }

    #[test]
    fn a_list_with_something_else_is_refused_by_the_name_of_its_variable() {
        for list in [
            "*",
            "*.",
            "*.*.com",
            "a.*.com",
            "*example.com",
            "*.8.8.8.8",
            "localhost",
            "https://example.com",
            "example.com:8443",
            "a.com b.com",
        ] {
            let refused = CallbackPolicy::parse("CALLBACK_HOSTS", list);
            let error = refused.unwrap_err().to_string();
            assert!(error.contains("CALLBACK_HOSTS"), "{list}: {error}");
        }
    }
}
