//! Signatures, against examples that others computed.

use aws_smithy_runtime_api::client::http::HttpConnectorFuture;

use super::*;

/// A URL is computed, and nothing is sent.
#[derive(Debug)]
struct Never;

impl HttpConnector for Never {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        panic!("{request:?}")
    }
}

/// A client with the credentials of AWS's examples.
pub(crate) fn client(
    service: Service,
    url: &str,
    token: Option<&str>,
    connector: impl HttpConnector + 'static,
) -> SignedClient {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let token = token.map(str::to_owned);
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, token, None, "test");
    SignedClient {
        service,
        url: url.to_owned(),
        region: Region::from_static("us-east-1"),
        credentials: Some(SharedCredentialsProvider::new(credentials)),
        connector: SharedHttpConnector::new(connector),
    }
}

fn s3(token: Option<&str>) -> SignedClient {
    client(
        Service::S3,
        "https://examplebucket.s3.amazonaws.com/",
        token,
        Never,
    )
}

fn at(time: &str) -> Timestamp {
    Timestamp::parse_rfc3339(time).unwrap()
}

/// The example of <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>.
#[tokio::test]
async fn a_url_has_the_signature_that_aws_documents() {
    let day = Duration::from_secs(86_400);
    let request = Request {
        method: "GET",
        path: "test.txt",
        headers: &[],
        body: Bytes::new(),
    };
    let s3 = s3(None);
    let url = s3.presigned(&request, day, at("2013-05-24T00:00:00Z"));
    assert_eq!(
        url.await.unwrap(),
        "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256\
         &X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request\
         &X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host\
         &X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404"
    );
}

#[tokio::test]
async fn a_url_covers_the_headers_and_has_the_token_of_a_role() {
    let url = |length| async move {
        let headers = [("content-length", length), ("content-type", "text/csv")];
        let request = Request {
            method: "PUT",
            path: "uploads/1",
            headers: &headers,
            body: Bytes::new(),
        };
        let s3 = s3(Some("a token/+="));
        let url = s3.presigned(&request, PAUSE * 10, at("2013-05-24T00:00:00Z"));
        url.await.unwrap()
    };
    let one = url("1").await;
    assert!(one.contains("X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost"));
    assert!(
        one.contains("X-Amz-Security-Token=a%20token%2F%2B%3D"),
        "{one}"
    );
    assert!(one.contains("X-Amz-Expires=1&"));
    assert_ne!(one, url("2").await);
}

/// What botocore 1.43.127 (`SigV4Auth`) computes for the same requests.
#[tokio::test]
async fn headers_of_a_request_to_scheduler_have_the_signature_that_botocore_computes() {
    let url = "https://scheduler.us-east-1.amazonaws.com/";
    let scheduler = client(Service::Scheduler, url, Some("a token/+="), Never);
    let json = [("content-type", "application/json")];
    let create = Request {
        method: "POST",
        path: "schedules/0123",
        headers: &json,
        body: Bytes::from_static(br#"{"GroupName":"jobs"}"#),
    };
    let delete = Request {
        method: "DELETE",
        path: "schedules/0123?groupName=jobs-A_1.b",
        headers: &[],
        body: Bytes::new(),
    };
    let signature = async |request| {
        let at = UNIX_EPOCH + Duration::from_secs(1_767_264_645);
        let signed = scheduler.sign(request, Signing::Headers, at).await.unwrap();
        let mut headers = signed.headers();
        let authorization = headers.find(|(name, _)| *name == "authorization");
        authorization.unwrap().1.to_owned()
    };
    let expected = |headers, signature| {
        format!(
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/scheduler/aws4_request, \
             SignedHeaders={headers}, Signature={signature}"
        )
    };
    assert_eq!(
        signature(&create).await,
        expected(
            "content-type;host;x-amz-date;x-amz-security-token",
            "1c7253a1bf70363b9197215667ba0b3d7a66242d3dcd7882db1ccdf978ed422d"
        )
    );
    assert_eq!(
        signature(&delete).await,
        expected(
            "host;x-amz-date;x-amz-security-token",
            "6b92c3ae406da305a552e303c6b6a42c090363bb5d238988dcef6ef796788390"
        )
    );
}
