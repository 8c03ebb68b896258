//! HTTP in, events to real function processes, HTTP out.
//!
//! Over 300 lines: one short test for each difference of a request or an answer.

use std::collections::BTreeMap;
use std::time::Duration;

use local::{FunctionSpec, Gateway, Pool};
use reqwest::{Client, Method, Response, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::app::{Gate, function};

/// A gateway with both functions, and a client.
struct Front {
    url: String,
    client: Client,
}

impl Front {
    async fn start() -> Self {
        Self::start_with(|_| ()).await
    }

    async fn start_with(change: fn(&mut Gateway)) -> Self {
        let pool = |name: &str| {
            Pool::new(FunctionSpec {
                name: name.to_owned(),
                ..function("obeys")
            })
        };
        let mut gateway = Gateway::new(pool("submit"), pool("status"));
        change(&mut gateway);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(gateway.serve(listener, std::future::pending()));
        Self {
            url,
            client: Client::new(),
        }
    }

    fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    async fn get(&self, path: &str) -> Response {
        self.request(Method::GET, path).send().await.unwrap()
    }
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.headers()[name].to_str().unwrap()
}

fn event_in(response: &Response) -> Value {
    serde_json::from_slice(response.headers()["x-event"].as_bytes()).unwrap()
}

#[tokio::test]
async fn commands_reach_submit_and_reads_reach_status() {
    let front = Front::start().await;
    let expected = [
        (Method::POST, "/jobs", "submit", "POST /jobs"),
        (
            Method::POST,
            "/jobs/17/cancel",
            "submit",
            "POST /jobs/{id}/cancel",
        ),
        (Method::DELETE, "/jobs/17", "submit", "DELETE /jobs/{id}"),
        (Method::POST, "/uploads", "submit", "POST /uploads"),
        (Method::GET, "/jobs/17", "status", "$default"),
        (Method::PATCH, "/jobs/17", "status", "$default"),
        (Method::HEAD, "/jobs/17", "status", "$default"),
        (Method::POST, "/jobs/", "status", "$default"),
        (Method::POST, "/jobs//cancel", "status", "$default"),
        (Method::POST, "/jobs/17/cancel/", "status", "$default"),
        (Method::DELETE, "/jobs/17/result", "status", "$default"),
        (Method::GET, "/", "status", "$default"),
    ];
    for (method, path, function, route_key) in expected {
        let response = front.request(method, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::ACCEPTED);
        assert_eq!(header(&response, "x-function"), function, "{path}");
        assert_eq!(event_in(&response)["routeKey"], route_key, "{path}");
    }
}

#[tokio::test]
async fn the_event_tells_who_asked_for_what() {
    let front = Front::start().await;

    let response = front.get("/jobs/a%20b?limit=5&limit=6").await;

    let event = event_in(&response);
    let host = front.url.strip_prefix("http://").unwrap();
    assert_eq!(event["rawPath"], "/jobs/a b");
    assert_eq!(event["rawQueryString"], "limit=5&limit=6");
    assert_eq!(event["queryStringParameters"], json!({"limit": "5,6"}));
    assert_eq!(event["requestContext"]["domainName"], host);
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "127.0.0.1");
    assert_eq!(event["requestContext"]["stage"], "$default");
    assert_eq!(
        event["requestContext"]["requestId"],
        header(&response, "apigw-requestid")
    );
    let headers: BTreeMap<String, String> =
        serde_json::from_value(event["headers"].clone()).unwrap();
    assert_eq!(headers["host"], host);
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
    assert_eq!(headers["x-forwarded-proto"], "http");
    assert_eq!(headers["x-forwarded-port"], host.split_once(':').unwrap().1);
}

#[tokio::test]
async fn head_reaches_the_function_as_head_and_its_body_stays_there() {
    let front = Front::start().await;

    let response = front
        .request(Method::HEAD, "/jobs/17")
        .send()
        .await
        .unwrap();

    assert_eq!(
        event_in(&response)["requestContext"]["http"]["method"],
        "HEAD"
    );
    // The function says nothing of the length, and 0 would be wrong.
    assert_eq!(response.headers().get("content-length"), None);
    assert_eq!(response.bytes().await.unwrap(), "");
}

#[tokio::test]
async fn bodies_come_back_as_they_went_whether_text_or_bytes() {
    let front = Front::start().await;
    let every_byte: Vec<u8> = (0..=255).collect();
    for (content_type, body, is_base64) in [
        ("application/json", "{\"é\":1}".as_bytes().to_vec(), false),
        ("application/octet-stream", every_byte.clone(), true),
        ("text/plain", every_byte, true),
    ] {
        let request = front
            .request(Method::POST, "/jobs")
            .header("content-type", content_type)
            .body(body.clone());
        let response = request.send().await.unwrap();
        assert_eq!(event_in(&response)["isBase64Encoded"], is_base64);
        assert_eq!(header(&response, "content-type"), content_type);
        assert_eq!(response.bytes().await.unwrap(), body);
    }
}

#[tokio::test]
async fn cookies_and_multi_value_headers_come_one_by_one() {
    let front = Front::start().await;

    let response = front
        .request(Method::GET, "/")
        .header("cookie", "c=3; d=4")
        .send()
        .await
        .unwrap();

    assert_eq!(event_in(&response)["cookies"], json!(["c=3", "d=4"]));
    assert_eq!(event_in(&response)["headers"].get("cookie"), None);
    let values = |name| response.headers().get_all(name).iter().collect::<Vec<_>>();
    assert_eq!(values("set-cookie"), ["a=1", "b=2; Path=/"]);
    assert_eq!(values("x-multi"), ["one", "two"]);
}

#[tokio::test]
async fn cors_headers_of_a_function_are_replaced_and_only_a_preflight_does_not_reach_it() {
    const PAGE: &str = "https://app.example.com";
    let front = Front::start_with(|gateway| gateway.allowed_origins = vec![PAGE.to_owned()]).await;
    let options = || front.request(Method::OPTIONS, "/").header("origin", PAGE);

    let plain = options().send().await.unwrap();
    let preflight = options().header("access-control-request-method", "GET");
    let preflight = preflight.send().await.unwrap();

    assert_eq!(plain.status(), StatusCode::ACCEPTED);
    assert_eq!(header(&plain, "access-control-allow-origin"), PAGE);
    let of_function = "access-control-allow-credentials";
    assert!(!plain.headers().contains_key(of_function), "{plain:?}");
    assert_eq!(preflight.status(), StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn the_stand_in_authorizer_believes_a_name_and_refuses_the_rest() {
    let front = Front::start().await;

    let named = front
        .request(Method::GET, "/")
        .basic_auth("ann", Some("x"))
        .send()
        .await
        .unwrap();
    let anonymous = front.get("/").await;
    let refused = front
        .request(Method::GET, "/")
        .bearer_auth("token")
        .send()
        .await
        .unwrap();

    let jwt = json!({"claims": {"iss": "https://local.invalid", "sub": "ann"}, "scopes": null});
    assert_eq!(
        event_in(&named)["requestContext"]["authorizer"],
        json!({"jwt": jwt})
    );
    assert_eq!(
        event_in(&anonymous)["requestContext"].get("authorizer"),
        None
    );
    assert!(header(&refused, "www-authenticate").starts_with("Basic "));
    assert_own_error(refused, StatusCode::UNAUTHORIZED, "Unauthorized").await;
}

#[tokio::test]
async fn a_function_that_crashes_or_answers_nonsense_is_a_500() {
    let front = Front::start().await;

    for path in ["/?exit=1", "/?malformed=1"] {
        let expected = (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
        assert_own_error(front.get(path).await, expected.0, expected.1).await;
    }
}

#[tokio::test]
async fn a_client_that_does_not_finish_a_head_loses_its_connection() {
    let hurried = |gateway: &mut Gateway| gateway.head_timeout = Duration::from_millis(300);
    let front = Front::start_with(hurried).await;
    let address = front.url.trim_start_matches("http://");
    let mut connection = TcpStream::connect(address).await.unwrap();

    connection
        .write_all(b"GET / HTTP/1.1\r\nhost: ")
        .await
        .unwrap();
    let mut answer = Vec::new();
    let end = connection.read_to_end(&mut answer);

    // Less than the default of the HTTP server.
    let end = tokio::time::timeout(Duration::from_secs(20), end).await;
    assert!(end.is_ok(), "the connection is still open");
    assert!(front.get("/").await.status().is_success());
}

#[tokio::test]
async fn a_function_that_takes_longer_than_the_gateway_waits_is_a_503() {
    let hurried = |gateway: &mut Gateway| gateway.integration_timeout = Duration::from_millis(500);
    let (front, gate) = (Front::start_with(hurried).await, Gate::new().await);
    front.get("/").await;

    let response = front.get(&format!("/?gate={}", gate.address())).await;

    assert_own_error(
        response,
        StatusCode::SERVICE_UNAVAILABLE,
        "Service Unavailable",
    )
    .await;
    drop(gate.entered().await);
}

#[tokio::test]
async fn an_event_that_lambda_does_not_take_is_a_413() {
    let front = Front::start().await;
    let send = |body: &str, bytes| {
        let request = front.request(Method::POST, "/jobs");
        let request = request.header("content-type", "application/json");
        request.body(body.repeat(bytes)).send()
    };

    let large = send("x", 5 << 20).await.unwrap();
    let with_quotes = send("\"", 5 << 20).await.unwrap();
    let too_long = send("x", 12 << 20).await.unwrap();

    assert_eq!(large.status(), StatusCode::ACCEPTED);
    for refused in [with_quotes, too_long] {
        assert_own_error(refused, StatusCode::PAYLOAD_TOO_LARGE, "Request Too Long").await;
    }
}

#[tokio::test]
async fn headers_over_ten_kilobytes_are_a_431() {
    let front = Front::start().await;

    let response = front
        .request(Method::GET, "/")
        .header("x-long", "x".repeat(10_240))
        .send()
        .await
        .unwrap();

    let expected = "Request Header Fields Too Large";
    assert_own_error(
        response,
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        expected,
    )
    .await;
}

async fn assert_own_error(response: Response, status: StatusCode, message: &str) {
    assert_eq!(response.status(), status);
    assert_eq!(header(&response, "content-type"), "application/json");
    assert_eq!(header(&response, "apigw-requestid").len(), 16);
    assert_eq!(
        response.json::<Value>().await.unwrap(),
        json!({"message": message})
    );
}
