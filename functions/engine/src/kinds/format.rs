//! Values of the keyword `format` that are enforced.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::Timestamp;

/// A format. Numbers have the formats of OpenAPI, which `schemars` writes for Rust's types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    DateTime,
    Email,
    Ip,
    Ipv4,
    Ipv6,
    Uri,
    Uuid,
    /// A number of any size.
    Number,
    /// An integer with this number of bits.
    Int(u32),
    /// A non-negative integer with this number of bits.
    Uint(u32),
}

impl Format {
    /// The format with this name. `None` if it is not enforced.
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "date-time" => Self::DateTime,
            "email" => Self::Email,
            "ip" => Self::Ip,
            "ipv4" => Self::Ipv4,
            "ipv6" => Self::Ipv6,
            "uri" => Self::Uri,
            "uuid" => Self::Uuid,
            "float" | "double" => Self::Number,
            "int" | "int64" => Self::Int(64),
            "int8" => Self::Int(8),
            "int16" => Self::Int(16),
            "int32" => Self::Int(32),
            "uint" | "uint64" => Self::Uint(64),
            "uint8" => Self::Uint(8),
            "uint16" => Self::Uint(16),
            "uint32" => Self::Uint(32),
            _ => return None,
        })
    }

    /// The format for people, after "must be".
    pub(super) fn spoken(self) -> &'static str {
        match self {
            Self::DateTime => "an RFC 3339 date-time such as 2026-01-01T10:50:45Z",
            Self::Email => "an email address",
            Self::Ip => "an IP address",
            Self::Ipv4 => "an IPv4 address",
            Self::Ipv6 => "an IPv6 address",
            Self::Uri => "an absolute URI",
            Self::Uuid => "a UUID",
            Self::Number | Self::Int(_) | Self::Uint(_) => "a number",
        }
    }

    /// The smallest and the largest number. `None` if the format does not limit numbers.
    pub(super) fn range(self) -> Option<(f64, f64)> {
        let power = |bits: u32| 2_f64.powi(bits.cast_signed());
        match self {
            Self::Int(bits) => Some((-power(bits - 1), power(bits - 1) - 1.0)),
            Self::Uint(bits) => Some((0.0, power(bits) - 1.0)),
            _ => None,
        }
    }
}

/// Whether `text` has this format. A format of numbers says nothing about text.
pub(super) fn is_format(format: Format, text: &str) -> bool {
    match format {
        Format::DateTime => Timestamp::parse_rfc3339(text).is_some(),
        Format::Email => text.split_once('@').is_some_and(|(user, host)| {
            !user.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
        }),
        Format::Ip => text.parse::<IpAddr>().is_ok(),
        Format::Ipv4 => text.parse::<Ipv4Addr>().is_ok(),
        Format::Ipv6 => text.parse::<Ipv6Addr>().is_ok(),
        Format::Uri => is_uri(text),
        Format::Uuid => uuid::Uuid::try_parse(text).is_ok(),
        Format::Number | Format::Int(_) | Format::Uint(_) => true,
    }
}

/// Whether `text` begins with a scheme and has only characters of a URI (RFC 3986).
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else {
        return false;
    };
    scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        && !rest.is_empty()
        && rest
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_of_integers_has_its_range() {
        for (names, bits) in [
            (["int8", "uint8"], 8),
            (["int16", "uint16"], 16),
            (["int32", "uint32"], 32),
            (["int64", "uint64"], 64),
            (["int", "uint"], 64),
        ] {
            let power = |bits: i32| 2_f64.powi(bits);
            let [signed, unsigned] = names.map(|name| Format::of(name).unwrap().range());
            assert_eq!(signed, Some((-power(bits - 1), power(bits - 1) - 1.0)));
            assert_eq!(unsigned, Some((0.0, power(bits) - 1.0)));
        }
        for name in ["float", "double"] {
            assert_eq!(Format::of(name).map(Format::range), Some(None));
        }
        assert_eq!(Format::of("duration"), None);
    }

    #[test]
    fn a_uri_is_a_scheme_and_characters_of_a_uri() {
        for good in ["a:b", "https://example.com/x?y=1#z", "urn:isbn:0451450523"] {
            assert!(is_format(Format::Uri, good), "{good}");
        }
        for wrong in [
            "", "a", ":b", "a:", "1a:b", "a b:c", "a_b:c", "a:b c", "a:<b>", "a:\u{e9}",
        ] {
            assert!(!is_format(Format::Uri, wrong), "{wrong}");
        }
    }
}
