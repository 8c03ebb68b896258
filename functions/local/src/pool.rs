//! The processes of one function: reused while they live, started when needed, never more than allowed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use axum::body::Bytes;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::function::FunctionSpec;
use crate::instance::{Call, Instance};
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
    function_arn: Arc<str>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    stopped: bool,
    /// A stack: the most recently used process is warm, and the others may stay unused.
    idle: Vec<Instance>,
    /// Calls that found every process busy, oldest first.
    waiting: VecDeque<Call>,
    /// Number of processes that exist or are being started.
    claimed: usize,
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
        let function_arn = function.arn().into();
        Self {
            inner: Arc::new(Inner {
                function,
                function_arn,
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
        let (call, answer) = Call::new(event.into());
        self.inner.admit(call);
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

    fn admit(self: &Arc<Self>, call: Call) {
        let mut state = self.state();
        if state.stopped {
            // A call that is dropped without an answer counts as stopped.
            drop(call);
        } else if let Some(instance) = state.take_idle() {
            tokio::spawn(Arc::clone(self).work(instance, call));
        } else if state.claimed < self.function.max_instances.max(1) {
            state.claimed += 1;
            tokio::spawn(Arc::clone(self).start(call));
        } else {
            state.waiting.push_back(call);
        }
    }

    async fn start(self: Arc<Self>, call: Call) {
        match self.start_instance().await {
            Ok(instance) => self.work(instance, call).await,
            Err(error) => self.fail(call, error),
        }
    }

    async fn start_instance(self: &Arc<Self>) -> Result<Instance, InvokeError> {
        let started = match RuntimeApi::listen().await {
            Ok(api) => self.start_process(&api).map(|process| (process, api)),
            Err(error) => Err(error),
        };
        let (process, api) = started.map_err(|error| {
            // No keeper will ever free this place.
            self.replace(&mut self.state());
            let program = self.function.program.display();
            InvokeError::InitFailed {
                reason: format!("can't start {program}: {error}"),
            }
        })?;
        let arn = Arc::clone(&self.function_arn);
        Instance::initialize(process, api, arn, self.function.timeout).await
    }

    /// Starts a process under the lock, so that no process appears during a shutdown.
    fn start_process(self: &Arc<Self>, api: &RuntimeApi) -> std::io::Result<Process> {
        let mut state = self.state();
        if state.stopped {
            return Err(std::io::Error::other("the pool was stopped"));
        }
        let (process, keeper) = Process::start(&self.function, api.address)?;
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
            Self::process_gone(&pool, pid);
        });
        Ok(process)
    }

    /// Runs `call`, then the waiting calls, as long as the process lives.
    async fn work(self: Arc<Self>, mut instance: Instance, mut call: Call) {
        loop {
            self.state().mark(instance.pid(), ProcessState::Busy);
            if let Err(error) = instance.run(&mut call).await {
                return self.fail(call, error);
            }
            // The process becomes free before the answer is sent, so that a caller's next call finds it.
            let next = self.next_for(instance);
            call.finish();
            let Some(more) = next else { return };
            (instance, call) = more;
        }
    }

    /// Returns the next call for a free process. Without one, the process becomes idle, or is dropped (and so killed) if the pool
    /// was stopped.
    fn next_for(&self, instance: Instance) -> Option<(Instance, Call)> {
        let mut state = self.state();
        if state.stopped {
            return None;
        }
        if let Some(call) = state.take_waiting() {
            return Some((instance, call));
        }
        state.mark(instance.pid(), ProcessState::Idle);
        state.idle.push(instance);
        None
    }

    /// Ends a call whose process died or did not start.
    fn fail(&self, mut call: Call, error: InvokeError) {
        call.keep(Err(if self.state().stopped {
            InvokeError::Stopped
        } else {
            error
        }));
        call.finish();
    }

    fn process_gone(pool: &Weak<Self>, pid: u32) {
        let Some(pool) = pool.upgrade() else { return };
        let mut state = pool.state();
        state.processes.remove(&pid);
        state.idle.retain(|instance| instance.pid() != pid);
        pool.replace(&mut state);
    }

    /// Frees the place of a process, and starts another process if a call waits.
    fn replace(self: &Arc<Self>, state: &mut State) {
        match state.take_waiting() {
            Some(call) => drop(tokio::spawn(Arc::clone(self).start(call))),
            None => state.claimed -= 1,
        }
    }

    fn stop(&self) -> JoinSet<()> {
        let mut state = self.state();
        state.stopped = true;
        state.idle.clear();
        state.waiting.clear();
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

    /// The oldest waiting call whose caller still waits.
    fn take_waiting(&mut self) -> Option<Call> {
        std::iter::from_fn(|| self.waiting.pop_front()).find(Call::is_wanted)
    }

    fn mark(&mut self, pid: u32, process_state: ProcessState) {
        if let Some(tracked) = self.processes.get_mut(&pid) {
            tracked.state = process_state;
        }
    }
}
