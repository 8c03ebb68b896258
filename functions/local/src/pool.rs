//! The processes of one function: reused while they live, started when needed, never more than allowed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;

use crate::function::FunctionSpec;
use crate::instance::{Answer, Instance};
use crate::invoke_error::InvokeError;
use crate::process::Process;
use crate::runtime_api::RuntimeApi;

/// The processes of one function. Clones share them. Dropping the last clone kills the idle processes.
#[derive(Clone)]
pub struct Pool {
    inner: Arc<Inner>,
}

/// A process of a function, as returned by [`Pool::pids`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FunctionProcess {
    /// Its process id.
    pub pid: u32,
    /// Its state.
    pub state: ProcessState,
}

/// State of a function process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessState {
    /// Started, but has not asked for an event yet.
    Starting,
    /// Has an event. After its answer it stays busy until it asks for the next one.
    Busy,
    /// Waits for an event.
    Idle,
}

struct Inner {
    function: FunctionSpec,
    /// One for each process that may exist. It is fair: calls get their turn in the order in which they came.
    places: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// A stack: the most recently used process is warm, and the others may stay unused.
    idle: Vec<Instance>,
    processes: BTreeMap<u32, Tracked>,
    keepers: JoinSet<()>,
}

struct Tracked {
    state: ProcessState,
    killer: Arc<Notify>,
}

impl Pool {
    /// A pool without processes; the first invocation starts one.
    #[must_use]
    pub fn new(function: FunctionSpec) -> Self {
        let places = Semaphore::new(function.max_instances.max(1));
        Self {
            inner: Arc::new(Inner {
                function,
                places: Arc::new(places),
                state: Mutex::default(),
            }),
        }
    }

    /// Returns another pool of the same function. These variables override its own.
    #[must_use]
    pub fn with_environment(&self, changed: BTreeMap<String, String>) -> Self {
        let mut function = self.inner.function.clone();
        function.environment.extend(changed);
        Self::new(function)
    }

    /// Invokes the function with `event` (JSON text). Returns the bytes of its answer.
    ///
    /// Calls wait for a free process in the order in which they came. Dropping the future ends the wait. An invocation that has
    /// already reached a process continues, as in Lambda.
    pub async fn invoke(&self, event: impl Into<Bytes>) -> Result<Bytes, InvokeError> {
        let place = Arc::clone(&self.inner.places).acquire_owned().await;
        let place = place.map_err(|_| InvokeError::Stopped)?;
        let (reply, answer) = oneshot::channel();
        tokio::spawn(Arc::clone(&self.inner).work(place, event.into(), reply));
        answer.await.unwrap_or(Err(InvokeError::Stopped))
    }

    /// The current processes, by process id.
    #[must_use]
    pub fn pids(&self) -> Vec<FunctionProcess> {
        let state = self.inner.state();
        state
            .processes
            .iter()
            .map(|(&pid, tracked)| FunctionProcess {
                pid,
                state: tracked.state,
            })
            .collect()
    }

    /// Kills a process of this pool with SIGKILL, in any state. Returns `false` if the pool has no process with this id.
    #[must_use]
    pub fn kill(&self, pid: u32) -> bool {
        let state = self.inner.state();
        state
            .processes
            .get(&pid)
            .map(|tracked| tracked.killer.notify_one())
            .is_some()
    }

    /// Kills every process and waits until all are dead and reaped. Invocations that run, wait or come later get
    /// [`InvokeError::Stopped`].
    pub async fn shutdown(&self) {
        let mut keepers = self.inner.stop();
        while keepers.join_next().await.is_some() {}
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs an invocation, even if nobody waits for its answer any more.
    async fn work(
        self: Arc<Self>,
        place: OwnedSemaphorePermit,
        event: Bytes,
        reply: oneshot::Sender<Answer>,
    ) {
        let answer = match self.run(event).await {
            // The stop killed the process.
            Err(error)
                if self.places.is_closed()
                    && !matches!(error, InvokeError::FunctionError { .. }) =>
            {
                Err(InvokeError::Stopped)
            }
            answer => answer,
        };
        // The process becomes free before the answer is sent, so that a caller's next call finds it.
        drop(place);
        let _ = reply.send(answer);
    }

    async fn run(self: &Arc<Self>, event: Bytes) -> Answer {
        let idle = self.state().take_idle();
        let instance = match idle {
            Some(instance) => instance,
            None => self.start().await?,
        };
        self.state().mark(instance.pid(), ProcessState::Busy);
        let (answer, instance) = instance.run(event).await;
        let mut state = self.state();
        // After a stop, the process is dropped and so killed.
        if let Some(instance) = instance.filter(|_| !self.places.is_closed()) {
            state.mark(instance.pid(), ProcessState::Idle);
            state.idle.push(instance);
        }
        answer
    }

    async fn start(self: &Arc<Self>) -> Result<Instance, InvokeError> {
        let started = match RuntimeApi::listen(self.function.arn()).await {
            Ok(api) => self.start_process(&api).map(|process| (process, api)),
            Err(error) => Err(error),
        };
        let (process, api) = started.map_err(|error| {
            let program = self.function.program.display();
            InvokeError::InitFailed {
                reason: format!("can't start {program}: {error}"),
            }
        })?;
        Instance::initialize(process, api, self.function.timeout).await
    }

    /// Starts a process under the lock, so that no process appears during a shutdown.
    fn start_process(self: &Arc<Self>, api: &RuntimeApi) -> std::io::Result<Process> {
        let mut state = self.state();
        if self.places.is_closed() {
            return Err(std::io::Error::other("the pool was stopped"));
        }
        let (process, keeper) = Process::start(&self.function, &api.address)?;
        let tracked = Tracked {
            state: ProcessState::Starting,
            killer: process.killer(),
        };
        let pid = process.pid;
        state.processes.insert(pid, tracked);
        while state.keepers.try_join_next().is_some() {}
        let pool = Arc::downgrade(self);
        state.keepers.spawn(async move {
            keeper.await;
            if let Some(pool) = pool.upgrade() {
                let mut state = pool.state();
                state.processes.remove(&pid);
                state.idle.retain(|instance| instance.pid() != pid);
            }
        });
        Ok(process)
    }

    fn stop(&self) -> JoinSet<()> {
        let mut state = self.state();
        self.places.close();
        state.idle.clear();
        for tracked in state.processes.values() {
            tracked.killer.notify_one();
        }
        std::mem::take(&mut state.keepers)
    }
}

impl State {
    /// The most recently used idle process. One that has just died is skipped; its keeper removes it.
    fn take_idle(&mut self) -> Option<Instance> {
        std::iter::from_fn(|| self.idle.pop()).find(Instance::is_alive)
    }

    fn mark(&mut self, pid: u32, process_state: ProcessState) {
        if let Some(tracked) = self.processes.get_mut(&pid) {
            tracked.state = process_state;
        }
    }
}
