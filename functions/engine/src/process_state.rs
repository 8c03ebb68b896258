//! The part of a worker's process that its jobs share: AWS configuration, and state of the kinds.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context as TaskContext, Poll};

use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_types::SdkConfig;
use tokio::runtime::Handle;
use tokio::sync::OnceCell;

use crate::aws::system_resolver;
use crate::{Bucket, JobError};

/// A value that all jobs of a process share, such as an HTTP client, a database pool or a model. It is built at its first use
/// ([`crate::Context::shared`]), once per process. A kind that is not used costs nothing.
///
/// ```
/// use std::sync::Arc;
/// use engine::{Context, JobError, SdkConfig, Shared};
///
/// struct Words(Vec<String>);
///
/// impl Shared for Words {
///     async fn build(_aws: &SdkConfig) -> Result<Self, JobError> {
///         Ok(Self(tokio::task::spawn_blocking(|| vec!["one".to_owned()]).await?))
///     }
/// }
///
/// async fn first(context: &Context) -> Result<String, JobError> {
///     let words: Arc<Words> = context.shared().await?;
///     Ok(words.0[0].clone())
/// }
/// ```
pub trait Shared: Send + Sync + Sized + 'static {
    /// Builds the value. `aws` is the configuration for AWS clients, the same as [`crate::Context::aws`].
    ///
    /// # Errors
    /// The attempt that asked for the value fails with this error. The next attempt that asks builds again.
    fn build(aws: &SdkConfig) -> impl Future<Output = Result<Self, JobError>> + Send;
}

/// The state that the jobs of a process share. Clones are the same state.
#[derive(Clone)]
pub struct ProcessState {
    inner: Arc<Inner>,
}

struct Inner {
    /// The configuration of the function's own clients.
    base: SdkConfig,
    /// The bucket of uploads, if the deployment has one.
    bucket: Option<Bucket>,
    /// The configuration for the kinds' clients.
    aws: OnceLock<SdkConfig>,
    /// The runtime of the process, which outlives those of the attempts. `None` in a test without one.
    runtime: Option<Handle>,
    values: Mutex<HashMap<TypeId, Slot>>,
}

type Slot = Arc<OnceCell<Arc<dyn Any + Send + Sync>>>;

impl ProcessState {
    /// The state of a process whose own clients use `base`, and whose uploads are in `bucket`. Call this on the runtime that lives as long
    /// as the process.
    #[must_use]
    pub fn new(base: SdkConfig, bucket: Option<Bucket>) -> Self {
        let inner = Inner {
            base,
            bucket,
            aws: OnceLock::new(),
            runtime: Handle::try_current().ok(),
            values: Mutex::default(),
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Stores a value, which [`Shared::build`] then does not build.
    pub(crate) fn provide<T: Shared>(&self, value: T) {
        let value: Arc<dyn Any + Send + Sync> = Arc::new(value);
        self.values()
            .insert(TypeId::of::<T>(), Arc::new(OnceCell::new_with(Some(value))));
    }

    /// The configuration for the kinds' clients: region, credentials and endpoints of the function, and the SDK's own timeouts, because
    /// those of the function suit only calls that take milliseconds. Connections belong to the process.
    pub(crate) fn aws(&self) -> &SdkConfig {
        let Inner { base, aws, .. } = &*self.inner;
        aws.get_or_init(|| {
            let mut config = base.to_builder();
            config
                .set_timeout_config(None)
                .set_http_client(Some(self.http_client()));
            config.build()
        })
    }

    /// The value of this type, built if it does not exist yet. Attempts that ask at the same time wait for one build.
    pub(crate) async fn shared<T: Shared>(&self) -> Result<Arc<T>, JobError> {
        let slot = self.values().entry(TypeId::of::<T>()).or_default().clone();
        let build = async {
            let value: Arc<dyn Any + Send + Sync> =
                Arc::new(self.outlive(T::build(self.aws())).await?);
            Ok::<_, JobError>(value)
        };
        let value = slot.get_or_try_init(|| build).await?.clone();
        match value.downcast() {
            Ok(value) => Ok(value),
            Err(_) => Err(JobError::permanent(
                "internal-error",
                "a shared value has another type",
            )),
        }
    }

    /// Runs `future` on the current thread, but with the tasks and sockets that it starts on the runtime of the process.
    pub(crate) async fn outlive<F: Future>(&self, future: F) -> F::Output {
        OnRuntime {
            runtime: self.inner.runtime.clone(),
            future: Box::pin(future),
        }
        .await
    }

    pub(crate) fn bucket(&self) -> Option<&Bucket> {
        self.inner.bucket.as_ref()
    }

    /// Starts a task on the runtime of the process. In a test without one, nothing starts.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        if let Some(runtime) = &self.inner.runtime {
            runtime.spawn(task);
        }
    }

    fn values(&self) -> std::sync::MutexGuard<'_, HashMap<TypeId, Slot>> {
        // No code panics under this lock.
        let values = self.inner.values.lock();
        values.unwrap_or_else(PoisonError::into_inner)
    }

    fn http_client(&self) -> SharedHttpClient {
        let client = Builder::new()
            .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
            .build_with_resolver(system_resolver());
        SharedHttpClient::new(OfProcess {
            inner: client,
            runtime: self.inner.runtime.clone(),
        })
    }
}

impl fmt::Debug for ProcessState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessState").finish_non_exhaustive()
    }
}

/// A future that is polled in the context of another runtime.
struct OnRuntime<F> {
    runtime: Option<Handle>,
    future: Pin<Box<F>>,
}

impl<F: Future> Future for OnRuntime<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, task: &mut TaskContext<'_>) -> Poll<F::Output> {
        let Self { runtime, future } = &mut *self;
        let _entered = runtime.as_ref().map(Handle::enter);
        future.as_mut().poll(task)
    }
}

/// An HTTP client whose connections belong to the process. The runtime of an attempt ends with its handler, and a connection that ended
/// with it would interrupt the requests of other attempts that use it at that moment.
#[derive(Debug)]
struct OfProcess<T> {
    inner: T,
    runtime: Option<Handle>,
}

impl HttpClient for OfProcess<SharedHttpClient> {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(OfProcess {
            inner: self.inner.http_connector(settings, components),
            runtime: self.runtime.clone(),
        })
    }
}

impl HttpConnector for OfProcess<SharedHttpConnector> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let runtime = self.runtime.clone();
        // The connector may start its work in `call` itself.
        let entered = runtime.as_ref().map(Handle::enter);
        let future = Box::pin(self.inner.call(request));
        drop(entered);
        HttpConnectorFuture::new(OnRuntime { runtime, future })
    }
}

#[cfg(test)]
mod tests;
