//! The front itself: an HTTP server that passes calls on to the back ends, or does not.

use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, Request, Response, header};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use local::Endpoints;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::connections::{Answer, Reset, serve, silence};
use super::entries;
use super::fault::{Fault, Kind};
use super::intercept::Intercept;
use super::redelivery::OnTheirWay;
use super::refusal::{failed, throttled, unreachable};
use crate::audit::Auditor;
use crate::call::{BackEnd, Call};

/// A front before DynamoDB, SQS and Scheduler. Dropping it ends it.
pub struct Front {
    /// Where it is reached, as each of them.
    pub url: String,
    inner: Arc<Inner>,
    /// Ends its connections when it is dropped.
    _server: JoinSet<()>,
}

struct Inner {
    client: Client<HttpConnector, Full<Bytes>>,
    /// S3 is not behind it.
    back_ends: Endpoints,
    intercept: Box<dyn Intercept>,
    auditor: Option<Arc<Auditor>>,
    on_their_way: OnTheirWay,
    counts: Mutex<BTreeMap<Kind, u64>>,
}

/// A call without an answer is reset after this time: longer than the functions wait, and a poller that would wait forever continues.
const SILENCE: Duration = Duration::from_secs(6);

impl Front {
    /// A front that handles calls as `intercept` decides.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn start(back_ends: Endpoints, intercept: impl Intercept) -> io::Result<Self> {
        Self::serve(Inner::new(back_ends, intercept)).await
    }

    /// The same before a DynamoDB alone.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn before_table(url: &str, intercept: impl Intercept) -> io::Result<Self> {
        let back_ends = Endpoints {
            dynamodb: url.to_owned(),
            sqs: String::new(),
            s3: String::new(),
            scheduler: String::new(),
        };
        Self::start(back_ends, intercept).await
    }

    /// As [`Front::start`], and it shows each message and each write to the auditor.
    ///
    /// # Errors
    /// If no port is free.
    pub async fn audited(
        back_ends: Endpoints,
        intercept: impl Intercept,
        auditor: Arc<Auditor>,
    ) -> io::Result<Self> {
        Self::serve(Inner {
            auditor: Some(auditor),
            ..Inner::new(back_ends, intercept)
        })
        .await
    }

    async fn serve(inner: Inner) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let inner = Arc::new(inner);
        let of_server = inner.clone();
        let server = serve(listener, move |request| of_server.clone().respond(request));
        Ok(Self {
            url,
            inner,
            _server: server,
        })
    }

    /// How often each kind of fault occurred so far.
    #[must_use]
    pub fn counts(&self) -> BTreeMap<Kind, u64> {
        self.inner.counts().clone()
    }
}

impl Inner {
    fn new(back_ends: Endpoints, intercept: impl Intercept) -> Self {
        Self {
            client: Client::builder(TokioExecutor::new()).build_http(),
            back_ends,
            intercept: Box::new(intercept),
            auditor: None,
            on_their_way: OnTheirWay::default(),
            counts: Mutex::default(),
        }
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, BTreeMap<Kind, u64>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, kind: Kind) {
        *self.counts().entry(kind).or_default() += 1;
    }

    async fn respond(self: Arc<Self>, request: Request<Incoming>) -> Result<Answer, Reset> {
        let (parts, body) = request.into_parts();
        // A client that leaves in the middle of a request has not made one.
        let body = body.collect().await.map_err(|_| Reset)?.to_bytes();
        let mut call = Call::of(parts, body);
        self.intercept.rewrite(&mut call);
        let fault = self.intercept.fault(&call);
        if let Some(fault) = &fault {
            self.count(fault.kind());
        }
        match fault {
            None => Ok(self.take_effect(call).await),
            Some(Fault::Stale(answer)) => Ok(Response::new(answer.to_string().into())),
            Some(Fault::EntryFails(which)) => Ok(self.without_entry(call, which, true).await),
            Some(Fault::EntryUnnamed(which)) => Ok(self.without_entry(call, which, false).await),
            Some(Fault::Throttle) => Ok(throttled(call.back_end)),
            Some(Fault::ErrorBefore) => Ok(failed(call.back_end)),
            Some(Fault::ResetBefore) => Err(Reset),
            Some(Fault::HangBefore) => silence(SILENCE).await,
            Some(Fault::ErrorAfter) => {
                let back_end = call.back_end;
                self.take_effect(call).await;
                Ok(failed(back_end))
            }
            Some(Fault::ResetAfter) => {
                self.take_effect(call).await;
                Err(Reset)
            }
            Some(Fault::HangAfter) => {
                self.take_effect(call).await;
                silence(SILENCE).await
            }
            Some(Fault::Delay(by)) => self.later(call, async move { sleep(by).await }).await,
            Some(Fault::Hold(hold)) => self.later(call, async move { hold.wait().await }).await,
        }
    }

    /// The call takes effect after `wait`, even if its sender is gone by then.
    async fn later(
        self: Arc<Self>,
        call: Call,
        wait: impl Future<Output = ()> + Send + 'static,
    ) -> Result<Answer, Reset> {
        let effect = tokio::spawn(async move {
            wait.await;
            self.take_effect(call).await
        });
        effect.await.map_err(|_| Reset)
    }

    async fn take_effect(self: &Arc<Self>, call: Call) -> Answer {
        if call.operation == "ReceiveMessage" {
            return self.poll(&call).await;
        }
        // In a task of its own: what has begun ends, whether its sender waits or not.
        let inner = self.clone();
        let back_end = call.back_end;
        let effect = tokio::spawn(async move {
            match &inner.auditor {
                Some(auditor) => auditor.watch(&call, inner.forward(&call)).await,
                None => inner.forward(&call).await,
            }
        });
        effect.await.unwrap_or_else(|_| unreachable(back_end))
    }

    /// The batch takes effect without one of its messages or keys.
    async fn without_entry(
        self: &Arc<Self>,
        mut call: Call,
        which: usize,
        is_named: bool,
    ) -> Answer {
        let back_end = call.back_end;
        let Some(entry) = entries::take(&mut call, which) else {
            return throttled(back_end);
        };
        let answer = if entry.was_last {
            Response::new(Full::from(r#"{"Successful": [], "Failed": []}"#))
        } else {
            self.take_effect(call).await
        };
        entry.left_out_of(answer, is_named).await
    }

    /// A poll gets delayed messages that are due, or those of the queue. A poll that is dropped takes nothing.
    async fn poll(&self, call: &Call) -> Answer {
        tokio::select! {
            biased;
            arrived = self.on_their_way.arrive(call) => Response::new(Full::new(arrived)),
            answer = self.forward(call) => {
                let (parts, body) = answer.into_parts();
                let Ok(body) = body.collect().await;
                let draw = || self.intercept.redelivery();
                let body = self.on_their_way.divert(call, body.to_bytes(), draw, |kind| self.count(kind));
                Response::from_parts(parts, Full::new(body))
            }
        }
    }

    async fn forward(&self, call: &Call) -> Answer {
        let base = match call.back_end {
            BackEnd::DynamoDb => &self.back_ends.dynamodb,
            BackEnd::Sqs => &self.back_ends.sqs,
            BackEnd::Scheduler => &self.back_ends.scheduler,
        };
        let url = format!("{}{}", base.trim_end_matches('/'), call.uri);
        match self.ask(&url, call).await {
            Ok(answer) => answer,
            Err(error) => {
                tracing::warn!("a back end behind the front gave no answer: {error}");
                unreachable(call.back_end)
            }
        }
    }

    async fn ask(&self, url: &str, call: &Call) -> Result<Answer, Box<dyn Error + Send + Sync>> {
        let request = Request::builder().method(call.method.clone()).uri(url);
        let mut request = request.body(Full::new(call.bytes.clone()))?;
        *request.headers_mut() = end_to_end(&call.headers);
        let (mut parts, body) = self.client.request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        self.intercept.answered(call, parts.status, &body);
        parts.headers = end_to_end(&parts.headers);
        Ok(Response::from_parts(parts, Full::new(body)))
    }
}

/// Without the headers that belong to one connection.
fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    const OF_ONE_CONNECTION: [HeaderName; 4] = [
        header::HOST,
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
    ];
    let mut headers = headers.clone();
    for name in OF_ONE_CONNECTION {
        headers.remove(name);
    }
    headers
}
