//! The beginning of links.

use http::HeaderMap;

/// The part of a request's path that belongs to the gateway, such as `/prod`; empty if there is none.
///
/// A payload 2.0 event has the stage in its path unless it is the `$default` one
/// (<https://github.com/aws/aws-lambda-rust-runtime/issues/919>); a REST event has the path without it, and the path with
/// it in its context.
pub(crate) fn stage_prefix_of_payload_2(stage: Option<&str>, raw_path: &str) -> String {
    let Some(stage) = stage.filter(|stage| *stage != "$default" && !stage.is_empty()) else {
        return String::new();
    };
    let rest = raw_path
        .strip_prefix('/')
        .and_then(|path| path.strip_prefix(stage));
    match rest {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => format!("/{stage}"),
        _ => String::new(),
    }
}

/// The part of the path in a REST event's context that precedes the path of the event.
pub(crate) fn stage_prefix_of_payload_1(context_path: Option<&str>, path: &str) -> String {
    let whole = context_path.map(|whole| whole.trim_end_matches('/'));
    let prefix = whole.and_then(|whole| whole.strip_suffix(path.trim_end_matches('/')));
    prefix
        .filter(|prefix| prefix.starts_with('/'))
        .unwrap_or_default()
        .to_owned()
}

/// The path as our routes know it: without the stage, and without the path of the public base URL (a custom domain's mapping).
pub(crate) fn strip<'a>(
    path: &'a str,
    stage_prefix: &str,
    public_base_url: Option<&str>,
) -> &'a str {
    let path = strip_segments(path, stage_prefix);
    let mapping = public_base_url.and_then(|url| url.split_once("://")?.1.split_once('/'));
    mapping.map_or(path, |(_, mapping)| {
        strip_segments(path, &format!("/{mapping}"))
    })
}

fn strip_segments<'a>(path: &'a str, prefix: &str) -> &'a str {
    match path.strip_prefix(prefix) {
        Some("") => "/",
        Some(rest) if rest.starts_with('/') => rest,
        _ => path,
    }
}

/// The beginning of links: the public base URL if one is configured, otherwise that of the request's URL.
pub(crate) fn base_url(
    public_base_url: Option<&str>,
    headers: &HeaderMap,
    domain_name: Option<&str>,
    stage_prefix: &str,
) -> String {
    if let Some(url) = public_base_url {
        return url.to_owned();
    }
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = header("x-forwarded-proto")
        .filter(|scheme| matches!(*scheme, "http" | "https"))
        .unwrap_or("https");
    let host = header("host")
        .or(domain_name)
        .filter(|host| is_host(host))
        .or(domain_name)
        .unwrap_or("localhost");
    format!("{scheme}://{host}{stage_prefix}")
}

/// Letters, digits and the few signs of names, addresses and ports: nothing that could end the authority of a URL.
fn is_host(host: &str) -> bool {
    let allowed =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']' | b'_');
    !host.is_empty() && host.len() <= 255 && host.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stage_is_stripped_where_the_gateway_put_it() {
        assert_eq!(
            stage_prefix_of_payload_2(Some("prod"), "/prod/jobs"),
            "/prod"
        );
        assert_eq!(stage_prefix_of_payload_2(Some("$default"), "/jobs"), "");
        assert_eq!(stage_prefix_of_payload_2(Some("prod"), "/jobs"), "");
        assert_eq!(stage_prefix_of_payload_2(Some("job"), "/jobs"), "");
        assert_eq!(
            stage_prefix_of_payload_1(Some("/Prod/jobs"), "/jobs"),
            "/Prod"
        );
        assert_eq!(stage_prefix_of_payload_1(Some("/jobs"), "/jobs"), "");
        assert_eq!(stage_prefix_of_payload_1(Some("/Prod/"), "/"), "/Prod");
        assert_eq!(stage_prefix_of_payload_1(None, "/jobs"), "");
    }

    #[test]
    fn a_stage_that_is_called_as_a_resource_is_stripped_once() {
        let prefix = stage_prefix_of_payload_2(Some("jobs"), "/jobs/jobs");
        assert_eq!(strip("/jobs/jobs", &prefix, None), "/jobs");
    }

    #[test]
    fn the_mapping_of_a_custom_domain_is_stripped() {
        assert_eq!(
            strip("/v1/jobs", "", Some("https://api.example.com/v1")),
            "/jobs"
        );
        assert_eq!(strip("/v1", "", Some("https://api.example.com/v1")), "/");
        assert_eq!(
            strip("/v10/jobs", "", Some("https://api.example.com/v1")),
            "/v10/jobs"
        );
        assert_eq!(strip("/jobs", "", Some("https://api.example.com")), "/jobs");
    }

    #[test]
    fn links_begin_with_the_configured_url_and_else_as_the_request_came_in() {
        let mut headers = HeaderMap::new();
        headers.insert("host", "abc.example.com".parse().unwrap());
        assert_eq!(
            base_url(None, &headers, None, "/prod"),
            "https://abc.example.com/prod"
        );
        headers.insert("x-forwarded-proto", "http".parse().unwrap());
        assert_eq!(base_url(None, &headers, None, ""), "http://abc.example.com");
        assert_eq!(
            base_url(Some("https://api.example.com/v1"), &headers, None, "/prod"),
            "https://api.example.com/v1"
        );
    }

    #[test]
    fn a_host_that_is_none_makes_no_link() {
        let mut headers = HeaderMap::new();
        headers.insert("host", "evil.example.com/x?".parse().unwrap());
        headers.insert("x-forwarded-proto", "javascript".parse().unwrap());
        assert_eq!(
            base_url(None, &headers, Some("abc.example.com"), ""),
            "https://abc.example.com"
        );
        assert_eq!(base_url(None, &headers, None, ""), "https://localhost");
    }
}
