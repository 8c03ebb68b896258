//! Requests as bytes: most are HTTP in outline, few are in every part.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

/// A request, its connection to be closed behind it.
pub(super) fn request() -> impl Strategy<Value = Vec<u8>> {
    let framed = (line(), vec(header(), 0..6), body(), any::<bool>());
    let framed = framed.prop_map(|(line, headers, body, has_length)| {
        let mut request = [
            line,
            b"\r\nhost: 127.0.0.1\r\nconnection: close\r\n".to_vec(),
        ]
        .concat();
        for header in headers {
            request.extend(header);
            request.extend(
                b"
",
            );
        }
        if has_length {
            request.extend(format!("content-length: {}\r\n", body.len()).bytes());
        }
        request.extend(b"\r\n");
        request.extend(body);
        request
    });
    // It begins and ends as a request's head does, since a service waits for the rest of what may yet be one.
    let noise = vec(any::<u8>(), 0..300).prop_map(|bytes| [b"x", &bytes[..], b"\r\n\r\n"].concat());
    prop_oneof![9 => framed, 1 => noise]
}

fn text(pattern: &'static str) -> impl Strategy<Value = Vec<u8>> {
    pattern.prop_map(String::into_bytes)
}

fn known(texts: &[&'static str]) -> impl Strategy<Value = Vec<u8>> {
    select(texts.to_vec()).prop_map(|text| text.as_bytes().to_vec())
}

fn line() -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof![6 => known(&["GET", "HEAD", "POST", "DELETE", "PUT", "OPTIONS"]), 1 => text("[!-~]{1,12}")];
    let path = prop_oneof![
        4 => known(&["/", "/jobs", "/jobs?limit=1&cursor=x", "/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172", "/problems/not-found", "/jobs/1", "/openapi.json", "/callbacks"]),
        2 => text("/jobs/[!-~]{0,60}"),
        1 => text("/(%[0-9a-fA-F]{2}|[!-~]){0,60}"),
        1 => text("[!-~]{1,60}"),
        1 => vec(any::<u8>(), 1..40),
    ];
    let version =
        prop_oneof![9 => known(&["HTTP/1.1"]), 1 => known(&["HTTP/1.0", "HTTP/2.0", "HTTP/9", ""])];
    (method, path, version).prop_map(|(method, path, version)| [method, path, version].join(&b' '))
}

fn header() -> impl Strategy<Value = Vec<u8>> {
    let name = prop_oneof![
        6 => known(&["accept", "content-type", "idempotency-key", "if-none-match", "prefer", "authorization", "x-forwarded-proto", "cookie", "origin"]),
        1 => text("[!-~]{0,12}"),
    ];
    let value = prop_oneof![
        3 => known(&["application/json", "*/*", "*", "\"1\", W/\"2\"", "wait=0", "Basic YWxpY2U6", "Basic =", "text/html;q=0.1"]),
        2 => text("[ -~]{0,60}"),
        1 => vec(any::<u8>(), 0..30),
    ];
    (name, value).prop_map(|(name, value)| [name, value].join(&b": "[..]))
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(Vec::new()),
        known(&[
            "{}",
            "{\"name\": \"rehearsal\", \"input\": {\"seconds\": 0}}",
            "[1",
            "\u{feff}{}"
        ]),
        vec(any::<u8>(), 0..200),
    ]
}
