//! The host of a callback URL.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Maximum length of a domain name in characters (RFC 1035, section 2.3.4, without the length of the first label and the root's label).
const MAX_NAME_CHARS: usize = 253;

/// Maximum length of a label in characters (RFC 1035, section 2.3.4).
const MAX_LABEL_CHARS: usize = 63;

/// The host of a callback URL, in one spelling: whatever a resolver could read as an address is an address here, or is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallbackHost {
    /// A domain name in lower case with at least one dot.
    Name(String),
    /// An address as the URL states it. It may be in a range that is refused.
    Address(IpAddr),
}

impl CallbackHost {
    /// Reads a host as it appears in a URL: a domain name, four decimal numbers (`192.0.2.1`), or IPv6 in brackets, without a zone.
    ///
    /// Every other form that `inet_aton` or the WHATWG URL Standard reads as an address is `None`: fewer than four numbers, leading zeros,
    /// octal and hexadecimal numbers. They all end with a label that does not begin with a letter, as no top-level domain does. So are
    /// percent-encoded hosts, hosts that are not ASCII, and names that end with a dot.
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Some(literal) = text.strip_prefix('[') {
            let address: Ipv6Addr = literal.strip_suffix(']')?.parse().ok()?;
            return Some(Self::Address(address.into()));
        }
        if let Ok(address) = text.parse::<Ipv4Addr>() {
            return Some(Self::Address(address.into()));
        }
        is_name(text).then(|| Self::Name(text.to_ascii_lowercase()))
    }
}

/// As in a URL.
impl fmt::Display for CallbackHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

fn is_name(text: &str) -> bool {
    let Some((_, last)) = text.rsplit_once('.') else {
        return false;
    };
    text.len() <= MAX_NAME_CHARS
        && text.split('.').all(is_label)
        && last.starts_with(|first: char| first.is_ascii_alphabetic())
}

/// Letters, digits and hyphens, with no hyphen at either end (RFC 1123, section 2.1).
fn is_label(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=MAX_LABEL_CHARS).contains(&text.len())
        && text.bytes().all(known)
        && !text.starts_with('-')
        && !text.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_domain_name_or_an_address_in_its_standard_form() {
        for (text, host) in [
            ("example.com", "example.com"),
            ("Hooks.EXAMPLE.Com", "hooks.example.com"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("1.2.3.4.example", "1.2.3.4.example"),
            ("0x7f.0.0.1.a", "0x7f.0.0.1.a"),
            ("192.0.2.1", "192.0.2.1"),
            ("[2001:DB8:0:0::1]", "[2001:db8::1]"),
            ("[::ffff:127.0.0.1]", "[::ffff:127.0.0.1]"),
            ("[::127.0.0.1]", "[::7f00:1]"),
        ] {
            let read = CallbackHost::parse(text).map(|host| host.to_string());
            assert_eq!(read.as_deref(), Some(host), "{text}");
        }
        let long = format!("{}.example", "a".repeat(63));
        assert!(CallbackHost::parse(&long).is_some());
        assert_eq!(CallbackHost::parse(&format!("a{long}")), None);
        let longest = format!("{}com", "a.".repeat(125));
        assert!(CallbackHost::parse(&longest).is_some());
        assert_eq!(CallbackHost::parse(&format!("{longest}m")), None);
    }

    /// Each of these leads some URL parser or resolver to 127.0.0.1, `::1` or another host than it appears to.
    #[test]
    fn other_forms_of_addresses_and_names_are_refused() {
        for text in [
            // Decimal, octal, hexadecimal, mixed, and with parts left out (inet_aton).
            "2130706433",
            "017700000001",
            "0x7f000001",
            "0X7F.1",
            "0177.0.0.1",
            "127.0.0.01",
            "0x7f.0.0.1",
            "127.0.0.0x1",
            "127.1",
            "127.0.1",
            "0",
            "0.0",
            "127.0.0.1.",
            "127.0.0.256",
            "1.2.3.4.5",
            "127.0.0.1 ",
            " 127.0.0.1",
            "+127.0.0.1",
            "-127.0.0.1",
            // Percent-encoded, full-width and other digits and dots.
            "127%2e0%2e0%2e1",
            "%31%32%37.0.0.1",
            "example%2ecom",
            "１２７.0.0.1",
            "127。0。0。1",
            "①②⑦.⓪.⓪.①",
            "bücher.example",
            "example。com",
            // IPv6 with a zone, without brackets, or with something around them.
            "[fe80::1%25eth0]",
            "[fe80::1%eth0]",
            "::1",
            "[::1",
            "::1]",
            "[::1]a",
            "[[::1]]",
            "[v1.a]",
            "[127.0.0.1]",
            "[]",
            // Names without a dot, with an empty label, or of other characters.
            "localhost",
            "metadata",
            "",
            ".",
            "..",
            ".com",
            "example.com.",
            "example..com",
            "-a.com",
            "a-.com",
            "a_b.com",
            "a.1",
            "a.-b",
            "a b.com",
            "a\t.com",
            "a\0.com",
            "a.com\n",
            "a\u{ad}.com",
        ] {
            assert_eq!(CallbackHost::parse(text), None, "{text:?}");
        }
    }
}
