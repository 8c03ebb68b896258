//! The URL of a callback.

use std::net::IpAddr;

use super::{AddressRange, CallbackHost, CallbackPolicy, refused_range};

/// Maximum length of a callback URL in bytes. The record and each of its writes carry the URL, and DynamoDB bills a write by the KB.
pub const MAX_CALLBACK_URL_BYTES: usize = 1_000;

/// A URL to which the end of a job may be reported, as far as its text shows. A name is resolved at each delivery, and
/// [`refused_range`] judges its addresses then.
///
/// This is a strict subset of RFC 3986: a URL that two parsers could read differently is refused. A deployment parses it again before each
/// delivery, so that a change of its [`CallbackPolicy`] takes effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackUrl {
    text: String,
    host: CallbackHost,
}

impl CallbackUrl {
    /// Reads a URL and checks it against the policy of the deployment.
    ///
    /// # Errors
    /// [`RefusedUrl`], which says how the URL must be. Nothing is sent and no name is resolved.
    pub fn parse(text: &str, policy: &CallbackPolicy) -> Result<Self, RefusedUrl> {
        if text.len() > MAX_CALLBACK_URL_BYTES {
            return Err(RefusedUrl::TooLong);
        }
        let (scheme, rest) = text.split_once("://").ok_or(RefusedUrl::NotHttps)?;
        let is_https = scheme.eq_ignore_ascii_case("https");
        let is_http = scheme.eq_ignore_ascii_case("http");
        if !(is_https || is_http && policy.allows_loopback()) {
            return Err(RefusedUrl::NotHttps);
        }
        if rest.contains('#') {
            return Err(RefusedUrl::Fragment);
        }
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        // A backslash is a slash to some parsers. It is not a character of hosts, ports or targets here.
        if authority.contains('@') {
            return Err(RefusedUrl::UserInformation);
        }
        let (host, port) = split_port(authority);
        let host = CallbackHost::parse(host).ok_or(RefusedUrl::Host)?;
        let port = port.map(read_port).transpose()?;
        if !is_target(target) {
            return Err(RefusedUrl::Characters);
        }
        if is_https {
            check_https(&host, port, policy)?;
        } else if !is_loopback(&host) {
            return Err(RefusedUrl::NotHttps);
        }
        Ok(Self {
            text: written(is_https, &host, port, target),
            host,
        })
    }

    /// The URL in one spelling: scheme and host in lower case, and a path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its host.
    #[must_use]
    pub fn host(&self) -> &CallbackHost {
        &self.host
    }
}

/// Why a URL is refused. The message is a predicate, to be read after the URL's JSON Pointer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RefusedUrl {
    /// It is longer than [`MAX_CALLBACK_URL_BYTES`].
    #[error("must not exceed {MAX_CALLBACK_URL_BYTES} characters")]
    TooLong,
    /// Its scheme is another one, or it is not a URL.
    #[error("must be an https URL")]
    NotHttps,
    /// It has a fragment, which is never sent.
    #[error("must not have a fragment")]
    Fragment,
    /// It has a user name, which confuses readers about the host, or a password, which anyone who reads the job would see.
    #[error("must not contain a user name or password")]
    UserInformation,
    /// Its host is not written in the one form that every parser and resolver reads alike.
    #[error(
        "must name its host as a full domain name (an international one in its xn-- form), an IPv4 address of four decimal numbers, or an IPv6 address in brackets"
    )]
    Host,
    /// It names another port.
    #[error("must use port 443 or 8443")]
    Port,
    /// Its path or query contains characters that must be percent-encoded.
    #[error("must percent-encode the characters that RFC 3986 does not allow in a path or query")]
    Characters,
    /// Its host is an address to which no callback connects.
    #[error("must not lead to {0}, which is reserved ({purpose})", purpose = .0.purpose)]
    Address(&'static AddressRange),
    /// The deployment allows other hosts only.
    #[error("must name a host that this service is configured to call")]
    HostNotAllowed,
}

fn check_https(
    host: &CallbackHost,
    port: Option<u16>,
    policy: &CallbackPolicy,
) -> Result<(), RefusedUrl> {
    if !matches!(port, None | Some(443 | 8443)) {
        return Err(RefusedUrl::Port);
    }
    if let CallbackHost::Address(address) = host
        && let Some(range) = refused_range(*address)
    {
        return Err(RefusedUrl::Address(range));
    }
    if policy.allows_host(host) {
        Ok(())
    } else {
        Err(RefusedUrl::HostNotAllowed)
    }
}

fn is_loopback(host: &CallbackHost) -> bool {
    match host {
        // Only the addresses themselves: a name could lead anywhere, and a mapped address is not `::1`.
        CallbackHost::Address(IpAddr::V4(address)) => address.is_loopback(),
        CallbackHost::Address(IpAddr::V6(address)) => address.is_loopback(),
        CallbackHost::Name(_) => false,
    }
}

/// Host and port. The colons of an IPv6 address are inside its brackets.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let brackets_end = authority.rfind(']').unwrap_or(0);
    match authority[brackets_end..].find(':') {
        Some(colon) => {
            let (host, port) = authority.split_at(brackets_end + colon);
            (host, Some(&port[1..]))
        }
        None => (authority, None),
    }
}

/// A port in its one spelling: without leading zeros or a sign, and not empty.
fn read_port(text: &str) -> Result<u16, RefusedUrl> {
    let port = text.parse::<u16>().ok();
    port.filter(|port| *port > 0 && port.to_string() == text)
        .ok_or(RefusedUrl::Port)
}

/// Whether this is a path and a query of RFC 3986, section 3.3 and 3.4.
fn is_target(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let is_known = match byte {
            b'%' => {
                let mut digit = || bytes.next().is_some_and(|byte| byte.is_ascii_hexdigit());
                digit() && digit()
            }
            _ => byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?".contains(&byte),
        };
        if !is_known {
            return false;
        }
    }
    true
}

fn written(is_https: bool, host: &CallbackHost, port: Option<u16>, target: &str) -> String {
    let scheme = if is_https { "https" } else { "http" };
    let port = port.map_or_else(String::new, |port| format!(":{port}"));
    let slash = if target.starts_with('/') { "" } else { "/" };
    format!("{scheme}://{host}{port}{slash}{target}")
}

#[cfg(test)]
mod tests;
