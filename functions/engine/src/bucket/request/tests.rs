//! Signatures.

use super::*;
use crate::bucket::Inner;
use aws_config::Region;
use aws_sdk_dynamodb::config::SharedCredentialsProvider;
use aws_smithy_runtime_api::client::http::{HttpConnectorFuture, SharedHttpConnector};
use std::sync::Arc;

/// A URL is computed, and nothing is sent.
#[derive(Debug)]
struct Never;

impl HttpConnector for Never {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        panic!("{request:?}")
    }
}

fn bucket(token: Option<&str>) -> Bucket {
    let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
    let token = token.map(str::to_owned);
    let credentials = Credentials::new("AKIAIOSFODNN7EXAMPLE", secret, token, None, "test");
    let inner = Inner {
        url: "https://examplebucket.s3.amazonaws.com/".to_owned(),
        region: Region::from_static("us-east-1"),
        credentials: Some(SharedCredentialsProvider::new(credentials)),
        connector: SharedHttpConnector::new(Never),
    };
    Bucket {
        inner: Arc::new(inner),
    }
}

fn at() -> Timestamp {
    Timestamp::parse_rfc3339("2013-05-24T00:00:00Z").unwrap()
}

/// The example of <https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html>.
#[tokio::test]
async fn a_url_has_the_signature_that_aws_documents() {
    let day = Duration::from_secs(86_400);
    let bucket = bucket(None);
    let url = bucket.presigned("GET", "test.txt", &[], day, at());
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
        let bucket = bucket(Some("a token/+="));
        let url = bucket.presigned("PUT", "uploads/1", &headers, PAUSE * 10, at());
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
