//! The `Accept` header (RFC 9110, section 12.5.1). Malformed elements are skipped.

use http::HeaderMap;
use http::header::ACCEPT;

use crate::prefer::unquoted_split;

/// The media types that a client accepts, with their weights.
pub(crate) struct Accept(Vec<Range>);

/// An element of the header.
struct Range {
    /// `application/json`, `text/*` or `*/*`, in lower case.
    media_types: String,
    /// The value of a parameter `type`, in lower case: it distinguishes an Atom entry from a feed.
    kind: Option<String>,
    /// Whether it has parameters that none of our media types has.
    is_foreign: bool,
    /// The weight in thousandths.
    weight: u16,
}

/// The highest weight, and the default when the client states none.
const BEST: u16 = 1000;

/// A client's preference for a media type: by weight; among equal weights, a type that it names comes before one that only a
/// wildcard covers (clients that want Atom send `application/atom+xml, */*`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Quality {
    /// In thousandths; 0 means not acceptable.
    pub(crate) weight: u16,
    is_named: bool,
}

impl Quality {
    /// Whether the client accepts the media type.
    pub(crate) fn is_acceptable(self) -> bool {
        self.weight > 0
    }
}

/// How precisely a range matches a media type, the least precise first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Precision {
    /// By its name, with unknown parameters.
    Foreign,
    /// `*/*`
    Everything,
    /// `application/*`
    WholeType,
    /// By its name.
    Type,
    /// By its name and the parameter that distinguishes the two kinds of Atom documents.
    TypeAndKind,
}

impl Accept {
    /// Reads all lines of the header. Without a valid element, everything is acceptable.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let lines = headers.get_all(ACCEPT).iter();
        let lines: Vec<_> = lines
            .map(|line| String::from_utf8_lossy(line.as_bytes()))
            .collect();
        let elements = lines.iter().flat_map(|line| unquoted_split(line, ','));
        Self(elements.filter_map(Range::parse).collect())
    }

    /// The preference for this media type, as the most precise element states it.
    pub(crate) fn quality(&self, media_type: &str, kind: Option<&str>) -> Quality {
        if self.0.is_empty() {
            return Quality {
                weight: BEST,
                is_named: false,
            };
        }
        let precise = self
            .0
            .iter()
            .filter_map(|range| Some((range.precision(media_type, kind)?, range.weight)));
        let quality = precise.max().map(|(precision, weight)| Quality {
            weight,
            is_named: precision >= Precision::Type,
        });
        quality.unwrap_or_default()
    }
}

impl Range {
    fn parse(element: &str) -> Option<Self> {
        let mut parts = unquoted_split(element, ';').map(str::trim);
        let media_range = parts.next()?.to_ascii_lowercase();
        let (of, subtype) = media_range.split_once('/')?;
        let is_token = |text: &str| !text.is_empty() && text.bytes().all(is_token_byte);
        let is_range = is_token(of) && is_token(subtype) && (of != "*" || subtype == "*");
        let mut range = Self {
            media_types: media_range.clone(),
            kind: None,
            is_foreign: false,
            weight: BEST,
        };
        for parameter in parts.filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=')?;
            let value = value.trim().trim_matches('"').to_ascii_lowercase();
            match name.trim().to_ascii_lowercase().as_str() {
                "q" => {
                    range.weight = thousandths(&value)?;
                    // Parameters after the weight do not belong to the media type.
                    break;
                }
                "type" => range.kind = Some(value),
                // Every response is UTF-8.
                "charset" if value == "utf-8" => {}
                _ => range.is_foreign = true,
            }
        }
        is_range.then_some(range)
    }

    /// How precisely the range matches the media type; `None` if it does not.
    ///
    /// A range with unknown parameters counts least: it does not match exactly, but JSON serves a client that sends only
    /// `application/json;version=2` better than a refusal.
    fn precision(&self, media_type: &str, kind: Option<&str>) -> Option<Precision> {
        let is_type = self.media_types == media_type;
        let whole_type = media_type.split('/').next().unwrap_or_default();
        let is_whole_type = self.media_types.strip_suffix("/*") == Some(whole_type);
        match (self.kind.as_deref(), kind) {
            (Some(wanted), Some(kind)) if wanted != kind => None,
            _ if is_type && (self.is_foreign || (self.kind.is_some() && kind.is_none())) => {
                Some(Precision::Foreign)
            }
            _ if is_type && self.kind.is_some() => Some(Precision::TypeAndKind),
            _ if is_type => Some(Precision::Type),
            _ if is_whole_type => Some(Precision::WholeType),
            _ => (self.media_types == "*/*").then_some(Precision::Everything),
        }
    }
}

/// Parses a weight: 0 to 1 with decimals. A larger number counts as 1.
fn thousandths(weight: &str) -> Option<u16> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_number(whole) || !is_number(decimals) {
        return None;
    }
    if whole.bytes().any(|digit| digit != b'0') {
        return Some(BEST);
    }
    let padded = format!("{decimals:0<3}");
    padded.get(..3)?.parse().ok()
}

fn is_token_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accept(text: &str) -> Accept {
        let mut headers = HeaderMap::new();
        headers.append(ACCEPT, text.parse().unwrap());
        Accept::of(&headers)
    }

    fn weight(accept: &Accept, media_type: &str, kind: Option<&str>) -> u16 {
        accept.quality(media_type, kind).weight
    }

    #[test]
    fn the_most_precise_element_counts_whatever_its_place() {
        let accept =
            accept("*/*;q=0.1, text/*;q=0.3, text/html;q=0.7, text/html;level=1, image/*;q=0");
        assert_eq!(weight(&accept, "text/html", None), 700);
        assert_eq!(weight(&accept, "text/plain", None), 300);
        assert_eq!(weight(&accept, "application/json", None), 100);
        assert_eq!(weight(&accept, "image/png", None), 0);
    }

    #[test]
    fn a_parameter_of_the_media_type_is_compared() {
        let accept = accept("application/atom+xml;type=entry, application/atom+xml;q=0.2");
        assert_eq!(weight(&accept, "application/atom+xml", Some("entry")), 1000);
        assert_eq!(weight(&accept, "application/atom+xml", Some("feed")), 200);
    }

    #[test]
    fn a_charset_and_parameters_that_nobody_knows_refuse_nothing() {
        for text in [
            "application/json;charset=utf-8",
            "application/json; Charset=\"UTF-8\"",
            "application/json;version=2",
            "application/json;profile=\"a,b;q=0\"",
            "application/json;q=1;ext=0",
        ] {
            assert_eq!(
                weight(&accept(text), "application/json", None),
                1000,
                "{text}"
            );
        }
    }

    #[test]
    fn weights_have_up_to_three_decimals_and_more_are_tolerated() {
        for (weight, expected) in [
            ("1", Some(1000)),
            ("1.000", Some(1000)),
            ("0", Some(0)),
            ("0.", Some(0)),
            ("0.5", Some(500)),
            ("0.0019", Some(1)),
            ("7", Some(1000)),
            ("00000000000000000000000.5", Some(500)),
            ("", None),
            (".5", None),
            ("-1", None),
            ("nan", None),
            ("0.é", None),
        ] {
            assert_eq!(thousandths(weight), expected, "{weight}");
        }
    }

    #[test]
    fn what_is_malformed_is_skipped_and_the_rest_counts() {
        for text in [
            "json, text/html",
            "application/json;q=high, text/html",
            "*/html, application/, /json, text/html;q=0.4",
            "application/json;q, text/html",
            "a/b;c=\"unclosed, text/html",
        ] {
            let accept = accept(text);
            let is_lost = text.contains("unclosed");
            assert_eq!(weight(&accept, "text/html", None) > 0, !is_lost, "{text}");
            assert_eq!(weight(&accept, "application/json", None), 0, "{text}");
        }
    }

    #[test]
    fn any_bytes_are_read() {
        let mut headers = HeaderMap::new();
        let bytes = http::HeaderValue::from_bytes(b"\xff/\xfe;q=\x80, text/html").unwrap();
        headers.append(ACCEPT, bytes);
        assert_eq!(weight(&Accept::of(&headers), "text/html", None), 1000);
    }
}
