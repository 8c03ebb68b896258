//! The embedded S3 on loopback: HTTP, CORS and signatures in front of the bucket.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};

use crate::bucket::Bucket;
use crate::bucket_access::Access;
use crate::bucket_cors::BucketCors;
use crate::objects::Objects;

struct Front {
    s3: S3Service,
    cors: BucketCors,
}

/// The objects, for callers that sign with one of the keys.
pub(crate) fn s3_routes(
    objects: Arc<Objects>,
    keys: SimpleAuth,
    upload_origins: Vec<String>,
) -> Router {
    let mut s3 = S3ServiceBuilder::new(Bucket(objects));
    s3.set_auth(keys);
    s3.set_access(Access);
    let front = Front {
        s3: s3.build(),
        cors: BucketCors::new(upload_origins),
    };
    Router::new().fallback(answer).with_state(Arc::new(front))
}

async fn answer(State(front): State<Arc<Front>>, request: Request) -> Response {
    // Before any signature: a browser sends none with a preflight.
    if request.method() == Method::OPTIONS {
        return front.cors.preflight(request.headers());
    }
    let cors = front.cors.headers(request.method(), request.headers());
    let request = request.map(s3s::Body::http_body_unsync);
    let mut response = match front.s3.call(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => {
            let error: s3s::StdError = error.into();
            tracing::error!("the embedded S3 cannot respond: {error}");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    };
    if response.headers().contains_key(header::CONTENT_RANGE) {
        // `s3s` sets it for GET only.
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    }
    response.headers_mut().extend(cors);
    response
}
