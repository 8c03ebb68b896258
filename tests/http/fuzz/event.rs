//! Events of the gateway's, with whatever a client can put into them.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use crate::deployment::deployed::{Deployed, http_api_event};
use crate::deployment::events::read;

/// Recorded events, of every gateway and with every kind of caller.
const RECORDED: [&str; 8] = [
    "submit-http-api",
    "submit-http-api-jwt",
    "submit-rest-api",
    "submit-function-url",
    "cancel-http-api",
    "status-http-api-stage",
    "status-rest-api",
    "result-http-api",
];

/// Paths of jobs that there are, so that what follows the look-up is reached too.
#[derive(Clone, Debug)]
pub(super) struct Targets(Vec<String>);

impl Targets {
    /// Of a job of each recorded caller's, and of one that nobody owns.
    pub(super) async fn of(deployed: &Deployed) -> Self {
        let job = json!({ "name": "rehearsal", "input": {} });
        let events = [
            http_api_event("POST", "/jobs", &job),
            read("submit-http-api"),
            read("submit-http-api-jwt"),
        ];
        let mut paths = vec!["/jobs/6f1d2c3b-4a59-8e07-9b1c-2d3e4f506172".to_owned()];
        for event in events {
            let accepted = deployed.submit.answer(&event).await;
            paths.push(accepted.body["task"]["href"].as_str().unwrap().to_owned());
        }
        Self(paths)
    }
}

/// An event: a recorded one, or one without an authorizer, some of it replaced.
pub(super) fn event(targets: Targets) -> impl Strategy<Value = Value> {
    let replaced = (
        proptest::option::of(method()),
        proptest::option::of(path(targets)),
        proptest::option::of(query()),
        headers(),
        proptest::option::of(body()),
    );
    let bases = RECORDED
        .map(read)
        .into_iter()
        .chain([http_api_event("GET", "/", &Value::Null)]);
    let bases: Vec<Value> = bases
        .map(|event| serde_json::from_str(&event).unwrap())
        .collect();
    (select(bases), replaced).prop_map(|(mut event, (method, path, query, headers, body))| {
        let is_rest = event.get("httpMethod").is_some();
        if let Some(method) = method {
            event["requestContext"]["http"]["method"] = json!(method);
            event["requestContext"]["httpMethod"] = json!(method);
            event["httpMethod"] = json!(method);
        }
        if let Some(path) = path {
            event[if is_rest { "path" } else { "rawPath" }] = json!(path);
        }
        if let Some(query) = query {
            event["rawQueryString"] = json!(query);
            event["multiValueQueryStringParameters"] =
                json!({ "cursor": [query.clone()], "limit": [query] });
        }
        for (name, value) in headers {
            event["headers"][&name] = json!(value);
            event["multiValueHeaders"][&name] = json!([value]);
        }
        if let Some((body, is_base64)) = body {
            event["body"] = json!(body);
            event["isBase64Encoded"] = json!(is_base64);
        }
        event
    })
}

fn method() -> impl Strategy<Value = String> {
    let known = select(vec![
        "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE",
    ]);
    prop_oneof![8 => known.prop_map(str::to_owned), 1 => "[A-Za-z!#$%&'*+.^_`|~-]{1,20}"]
}

fn path(Targets(paths): Targets) -> impl Strategy<Value = String> {
    let tail = prop_oneof![
        4 => Just(String::new()),
        2 => select(vec!["/result", "/cancel", "/", "//", "/result/", "/%2e"]).prop_map(str::to_owned),
        1 => "/.{0,20}",
    ];
    prop_oneof![
        6 => (select(paths), tail).prop_map(|(path, tail)| format!("{path}{tail}")),
        2 => select(vec!["/", "", "/jobs", "/problems/job-expired", "/openapi.json", "/callbacks", "/jobs/", "*"]).prop_map(str::to_owned),
        1 => "/(jobs|problems|monitor)/.{0,60}",
        1 => "/jobs/[0-9a-fA-F-]{30,40}(/result|/cancel)?",
        1 => ".{0,80}",
        1 => "(/|%|[a-f0-9]|\\.|é){0,80}",
    ]
}

fn query() -> impl Strategy<Value = String> {
    let value = prop_oneof![
        "[0-9]{0,20}",
        "[A-Za-z0-9_-]{0,120}",
        "(%|[0-9a-f]){0,20}",
        ".{0,40}"
    ];
    let name = select(vec!["limit", "cursor", "job-status", "", "x"]);
    let pair = (name, value).prop_map(|(name, value)| format!("{name}={value}"));
    prop_oneof![4 => vec(pair, 0..4).prop_map(|pairs| pairs.join("&")), 1 => ".{0,60}"]
}

/// Values that each header should be able to take, among them some that it knows.
fn headers() -> impl Strategy<Value = std::collections::BTreeMap<String, String>> {
    let name = select(vec![
        "accept",
        "accept-language",
        "authorization",
        "content-type",
        "cookie",
        "expect",
        "host",
        "idempotency-key",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "origin",
        "prefer",
        "range",
        "x-forwarded-host",
        "x-forwarded-proto",
        "x-amzn-trace-id",
        "access-control-request-method",
    ]);
    let known = select(vec![
        "*/*",
        "application/json",
        "text/html;q=0.5, */*;q=0",
        "application/atom+xml;type=entry",
        "q=",
        "text/*;q=2",
        "wait=0",
        "respond-async, wait=0",
        "wait=\"0",
        "\"key\"",
        "key",
        "W/\"a\", \"b\"",
        "*",
        "\"",
        "\\",
        ",",
        ";",
        "=",
        "bytes=0-1",
        "https://example.com",
        "Basic YTpi",
        "application/x+json; charset=utf-16",
        "[::1",
        "a b",
        "",
    ]);
    // No control characters: no gateway lets them in.
    let any = prop_oneof![
        "[ -~]{0,100}",
        "[\\t -~¡-ÿ]{0,60}",
        "([\"\\\\,;=*/ ]|W/|q|0|1){0,60}"
    ];
    let value = prop_oneof![known.prop_map(str::to_owned), any];
    let fitting = select(vec![
        ("accept", "application/json"),
        ("accept", "application/atom+xml;type=entry"),
        ("accept", "text/html"),
        ("if-none-match", "*"),
        ("prefer", "wait=0"),
        ("idempotency-key", "\"fuzz\""),
    ]);
    let header = prop_oneof![
        1 => fitting.prop_map(|(name, value)| (name.to_owned(), value.to_owned())),
        2 => (name.prop_map(str::to_owned), value),
    ];
    vec(header, 0..5).prop_map(|headers| headers.into_iter().collect())
}

/// A body, and whether it says that it is Base64.
fn body() -> impl Strategy<Value = (String, bool)> {
    let text = prop_oneof![
        4 => job().prop_map(|job| job.to_string()),
        1 => json_value().prop_map(|value| value.to_string()),
        1 => (job(), ".{0,3}", 0..200_usize).prop_map(|(job, junk, at)| broken(job.to_string(), &junk, at)),
        1 => ".{0,200}",
        1 => "[\\[{\"]{0,2000}",
        1 => "[A-Za-z0-9+/]{0,80}={0,2}",
    ];
    (text, prop_oneof![4 => Just(false), 1 => Just(true)])
}

/// Something that begins as a job that can be accepted, and may end otherwise.
fn job() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        3 => select(vec!["rehearsal", "csv_profile"]).prop_map(Value::from),
        1 => json_value(),
    ];
    let input = prop_oneof![
        2 => json_value(),
        1 => (".{0,200}", ".{0,2}").prop_map(|(csv, delimiter)| json!({ "csv": csv, "delimiter": delimiter })),
        1 => (any::<f64>(), any::<i64>()).prop_map(|(seconds, steps)| json!({ "seconds": seconds, "steps": steps })),
        1 => Just(json!({})),
    ];
    let start = prop_oneof![
        2 => "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,12})?(Z|[+-][0-9]{2}:[0-9]{2})".prop_map(Value::from),
        1 => Just(json!("9999-12-31T23:59:59Z")),
        1 => json_value(),
    ];
    let more = (
        proptest::option::of(start),
        proptest::option::of(prop_oneof![".{0,300}".prop_map(Value::from), json_value()]),
        proptest::option::weighted(0.5, callback()),
        proptest::option::weighted(0.2, (".{0,10}", json_value())),
    );
    (name, input, more).prop_map(|(name, input, (start, summary, callback, other))| {
        let mut job = json!({ "name": name, "input": input });
        let more = [
            ("scheduled-start-time".to_owned(), start),
            ("summary".to_owned(), summary),
            ("callback".to_owned(), callback),
        ];
        let more = more
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .chain(other);
        job.as_object_mut().unwrap().extend(more);
        job
    })
}

/// A callback whose URL is one in outline.
fn callback() -> impl Strategy<Value = Value> {
    let host = prop_oneof![
        select(vec![
            "hooks.example.com",
            "127.0.0.1",
            "[::1]",
            "8.8.8.8",
            "[2606:4700::1]"
        ])
        .prop_map(str::to_owned),
        "[a-z0-9.:@%\\[\\]\\\\-]{0,40}",
        ".{0,20}",
    ];
    let scheme = prop_oneof![8 => Just("https://"), 1 => select(vec!["http://", "HTTPS://", "https:", "", "//"])];
    let url = (
        scheme,
        host,
        "(:[0-9]{0,6})?",
        "([/?#%].{0,40}|/[!-~]{0,1200})?",
    );
    let url = url.prop_map(|(scheme, host, port, rest)| format!("{scheme}{host}{port}{rest}"));
    prop_oneof![
        6 => url.prop_map(|url| json!({ "url": url })),
        1 => json_value(),
        1 => json_value().prop_map(|url| json!({ "url": url })),
    ]
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,20}".prop_map(Value::from),
        select(vec!["\u{0}", "\u{feff}", "]]>", "\u{1f389}", "<script>"]).prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        let members = btree_map(".{0,8}", inner.clone(), 0..5);
        prop_oneof![
            vec(inner, 0..6).prop_map(Value::from),
            members.prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// The text with something put in.
fn broken(mut text: String, junk: &str, at: usize) -> String {
    let at = (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at));
    text.insert_str(at.unwrap_or_default(), junk);
    text
}
