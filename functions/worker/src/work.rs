//! The thread that an attempt's handler has for itself.
//!
//! A handler may block or compute for as long as it likes: the worker's own thread still writes progress, sees a cancel and
//! ends the attempt. Each handler has an async runtime of its own, too, so that tasks that it spawned are no more when it is
//! over, and none of them can hold up a neighbour.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use engine::{Context, JobError, JobMessage, Runner};
use lambda_runtime::tracing::{Instrument, Span};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// How a handler came to its end.
pub(crate) enum Done {
    /// It returned.
    Returned(Result<String, JobError>),
    /// It was dropped at an await, because it was told to stop.
    Dropped,
    /// It panicked.
    Panicked,
}

/// Where [`Done`] arrives. An error means the same as [`Done::Panicked`].
pub(crate) type Work = oneshot::Receiver<Done>;

/// How long what a handler left running on threads of its own (`spawn_blocking`) may go on behind its end.
const LEFTOVERS: Duration = Duration::from_millis(100);

/// The threads of handlers, those of one attempt or of the whole process: how many there are.
#[derive(Clone, Debug, Default)]
pub(crate) struct Threads {
    running: Arc<AtomicUsize>,
    /// For an attempt's threads, all those of the process.
    of_process: Option<Arc<AtomicUsize>>,
}

/// A thread that counts for as long as this lives.
struct Counted(Threads);

impl Drop for Counted {
    fn drop(&mut self) {
        for count in self.0.counts() {
            count.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Threads {
    /// The threads of an attempt, which count as threads of this process, too.
    pub(crate) fn of_attempt(&self) -> Self {
        Self {
            running: Arc::default(),
            of_process: Some(self.running.clone()),
        }
    }

    /// Whether a handler, or what it left running, still runs.
    pub(crate) fn are_left(&self) -> bool {
        self.running.load(Ordering::SeqCst) > 0
    }

    fn count(&self) -> Counted {
        for count in self.counts() {
            count.fetch_add(1, Ordering::SeqCst);
        }
        Counted(self.clone())
    }

    fn counts(&self) -> impl Iterator<Item = &Arc<AtomicUsize>> {
        std::iter::once(&self.running).chain(&self.of_process)
    }

    /// Runs a job on a thread of its own.
    pub(crate) fn run(&self, runner: Runner, message: &JobMessage, context: Context) -> Work {
        let (sender, work) = oneshot::channel();
        let (threads, input, span) = (self.clone(), message.input.clone(), Span::current());
        let counted = self.count();
        let thread = std::thread::Builder::new().name(message.kind.to_string());
        let spawned = thread.spawn(move || {
            let done = threads.block_on(async move {
                tokio::select! {
                    biased;
                    () = context.stopped() => Done::Dropped,
                    result = runner.run(input.get(), context.clone()).instrument(span) => Done::Returned(result),
                }
            });
            drop(counted);
            // Nobody listens any more when it was told to stop and took its time.
            let _ = sender.send(done);
        });
        match spawned {
            Ok(_) => work,
            Err(error) => failed(error),
        }
    }

    fn block_on(&self, handler: impl Future<Output = Done>) -> Done {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return Done::Returned(Err(error.into())),
        };
        let done = catch_unwind(AssertUnwindSafe(|| runtime.block_on(handler)));
        let done = done.unwrap_or(Done::Panicked);
        // All that the handler spawned is dropped here, before its end is known to anybody. One that was stopped is not over
        // as long as a thread of it runs; a result does not wait for that.
        match done {
            Done::Dropped => drop(runtime),
            Done::Returned(_) | Done::Panicked => self.close(runtime),
        }
        done
    }

    /// Drops the runtime of a handler, which waits for all its threads: those that the handler asked for but that have not
    /// begun yet, too. Where they take longer than [`LEFTOVERS`], a thread that counts goes on waiting for them.
    fn close(&self, runtime: Runtime) {
        let (closed, is_closed) = mpsc::channel::<()>();
        let counted = self.count();
        // Without a thread to be had, the runtime is dropped on this one.
        let _ = std::thread::Builder::new().spawn(move || {
            drop(runtime);
            drop(counted);
            drop(closed);
        });
        // It is never sent anything: it ends when the other side is dropped.
        let _ = is_closed.recv_timeout(LEFTOVERS);
    }
}

/// There is no thread to be had: another attempt may get one.
fn failed(error: std::io::Error) -> Work {
    let (sender, work) = oneshot::channel();
    let _ = sender.send(Done::Returned(Err(error.into())));
    work
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::{IdSecrets, Job, Owner, Registry as _, Runners, test_kit};
    use schemars::JsonSchema;
    use serde::Deserialize;
    use std::sync::atomic::AtomicBool;

    static DROPPED: AtomicBool = AtomicBool::new(false);
    static GO_ON: AtomicBool = AtomicBool::new(false);
    static UNBLOCK: AtomicBool = AtomicBool::new(false);

    fn wait_for(flag: &AtomicBool) {
        while !flag.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    struct Bell;

    impl Drop for Bell {
        fn drop(&mut self) {
            DROPPED.store(true, Ordering::SeqCst);
        }
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "kebab-case")]
    enum Odd {
        SpawnsAndReturns {},
        BlocksATask {},
        LeavesAThread {},
        Panics {},
        Waits {},
    }

    impl Job for Odd {
        const NAME: &'static str = "odd";
        type Output = u32;

        async fn run(self, _context: Context) -> Result<u32, JobError> {
            match self {
                Self::SpawnsAndReturns {} => {
                    tokio::spawn(async {
                        let _bell = Bell;
                        std::future::pending::<()>().await;
                    });
                    tokio::task::yield_now().await;
                }
                Self::BlocksATask {} => {
                    tokio::spawn(async { wait_for(&UNBLOCK) });
                    tokio::task::yield_now().await;
                }
                Self::LeavesAThread {} => drop(tokio::task::spawn_blocking(|| wait_for(&GO_ON))),
                Self::Panics {} => panic!("as it was told"),
                Self::Waits {} => std::future::pending().await,
            }
            Ok(1)
        }
    }

    fn start(threads: &Threads, input: &str) -> (Work, engine::RunControl) {
        let runners = Runners::of(Vec::new(), engine::RunnersBuilder::add::<Odd>).unwrap();
        let secrets = IdSecrets::parse("ID_SECRETS", "0123456789abcdef0123456789abcdef").unwrap();
        let message = JobMessage {
            id: secrets.issue(&Owner::anonymous(), [1; 10]),
            kind: "odd".parse().unwrap(),
            fingerprint: engine::Fingerprint::of(b""),
            traceparent: None,
            input: serde_json::from_str(input).unwrap(),
        };
        let runner = *runners.get(&message.kind).unwrap();
        let (context, control) = test_kit::context(1);
        (threads.run(runner, &message, context), control)
    }

    #[tokio::test]
    async fn what_a_handler_spawned_is_no_more_when_its_end_is_known() {
        let threads = Threads::default();
        let (work, _control) = start(&threads, r#"{"spawns-and-returns": {}}"#);
        assert!(matches!(work.await, Ok(Done::Returned(Ok(one))) if one == "1"));
        assert!(DROPPED.load(Ordering::SeqCst));
        assert!(!threads.are_left());
    }

    #[tokio::test]
    async fn a_task_that_blocks_holds_up_nobody_else() {
        let threads = Threads::default();
        let (mut blocked, _control) = start(&threads, r#"{"blocks-a-task": {}}"#);
        let (work, _other) = start(&threads, r#"{"panics": {}}"#);
        assert!(matches!(work.await, Ok(Done::Panicked)));
        assert!(blocked.try_recv().is_err());
        UNBLOCK.store(true, Ordering::SeqCst);
        assert!(matches!(blocked.await, Ok(Done::Returned(Ok(_)))));
    }

    #[tokio::test]
    async fn a_handler_that_awaits_is_dropped_when_it_is_told_to_stop() {
        let threads = Threads::default();
        let (work, control) = start(&threads, r#"{"waits": {}}"#);
        control.stop.send(true).unwrap();
        assert!(matches!(work.await, Ok(Done::Dropped)));
        assert!(!threads.are_left());
    }

    #[tokio::test]
    async fn a_thread_that_a_handler_leaves_behind_counts_for_its_attempt_and_its_process() {
        let process = Threads::default();
        let (threads, others) = (process.of_attempt(), process.of_attempt());
        let (work, _control) = start(&threads, r#"{"leaves-a-thread": {}}"#);
        let (beside, _other) = start(&others, r#"{"spawns-and-returns": {}}"#);
        assert!(matches!(work.await, Ok(Done::Returned(Ok(_)))));
        assert!(matches!(beside.await, Ok(Done::Returned(Ok(_)))));
        assert!(threads.are_left() && process.are_left());
        assert!(!others.are_left());
        GO_ON.store(true, Ordering::SeqCst);
        while process.are_left() {
            tokio::task::yield_now().await;
        }
        assert!(!threads.are_left());
    }
}
