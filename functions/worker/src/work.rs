//! The thread of an attempt's handler.
//!
//! A handler may block or compute: the worker's own thread still writes progress, sees a cancel and ends the attempt. Each handler
//! also has an async runtime of its own, so that the tasks that it spawned are dropped when it ends, and none of them can block a
//! neighbor.
//!
//! A thread cannot be stopped from outside; only its process can. So if a handler still runs when the invocation has been answered,
//! the process exits, and Lambda starts a new one for the next invocation. Otherwise the thread would be frozen with the process, and
//! would continue in a later invocation with work that nobody needs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use engine::{Context, JobError, JobMessage, Runner};
use lambda_runtime::tracing::{Instrument, Span, error};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

/// How a handler ended.
#[derive(Debug)]
pub(crate) enum HandlerEnd {
    /// It returned.
    Returned(Result<String, JobError>),
    /// It panicked.
    Panicked,
    /// The worker stopped it.
    Stopped {
        why: Stop,
        /// Whether the handler has ended. One that blocks or computes continues.
        is_over: bool,
    },
}

/// Why the worker stopped a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Its time limit has passed.
    OutOfTime,
    /// The owner canceled the job.
    Canceled,
    /// The attempt was superseded.
    Fenced,
}

/// Receives the end of a handler that returned or panicked. A handler that was dropped, because it was told to stop, sends nothing.
pub(crate) type Work = oneshot::Receiver<HandlerEnd>;

/// How long the end of a handler waits for threads that it left running (`spawn_blocking`).
const LEFTOVERS: Duration = Duration::from_millis(100);

/// The number of running threads of handlers, those of one attempt or of the whole process.
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
        for count in self.0.counters() {
            count.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Threads {
    /// The threads of an attempt, which also count as threads of this process.
    pub(crate) fn of_attempt(&self) -> Self {
        Self {
            running: Arc::default(),
            of_process: Some(self.running.clone()),
        }
    }

    /// Whether a handler, or a thread that it left, still runs.
    pub(crate) fn are_left(&self) -> bool {
        self.running.load(Ordering::SeqCst) > 0
    }

    fn count(&self) -> Counted {
        for count in self.counters() {
            count.fetch_add(1, Ordering::SeqCst);
        }
        Counted(self.clone())
    }

    fn counters(&self) -> impl Iterator<Item = &Arc<AtomicUsize>> {
        std::iter::once(&self.running).chain(&self.of_process)
    }

    /// Runs a job on a thread of its own.
    pub(crate) fn run(&self, runner: Runner, message: &JobMessage, context: Context) -> Work {
        let (sender, work) = oneshot::channel();
        let (threads, input, span) = (self.clone(), message.input.clone(), Span::current());
        let counted = self.count();
        // The message of a panic names its thread, and only this tells whose it was.
        let name = format!("{} {}", message.kind, message.id);
        let thread = std::thread::Builder::new().name(name);
        let spawned = thread.spawn(move || {
            let end = threads.block_on(async move {
                tokio::select! {
                    biased;
                    () = context.stopped() => None,
                    result = runner.run(input.get(), context.clone()).instrument(span) => Some(result),
                }
            });
            drop(counted);
            if let Some(end) = end {
                // Fails if the handler was told to stop and took too long: then nobody receives it.
                let _ = sender.send(end);
            }
        });
        match spawned {
            Ok(_) => work,
            Err(error) => failed(error),
        }
    }

    /// Runs a handler on a runtime of its own. `None` if it was dropped.
    fn block_on(
        &self,
        handler: impl Future<Output = Option<Result<String, JobError>>>,
    ) -> Option<HandlerEnd> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let runtime = match runtime {
            Ok(runtime) => runtime,
            Err(error) => return Some(HandlerEnd::Returned(Err(error.into()))),
        };
        let end = match catch_unwind(AssertUnwindSafe(|| runtime.block_on(handler))) {
            Ok(result) => result.map(HandlerEnd::Returned),
            Err(_) => Some(HandlerEnd::Panicked),
        };
        // Everything that the handler spawned is dropped here, before its end is reported. A stopped handler has not ended as long as
        // one of its threads runs; a result does not wait for that.
        match end {
            None => drop(runtime),
            Some(_) => self.close(runtime),
        }
        end
    }

    /// Drops the runtime of a handler, which waits for all its threads, including those that were requested but have not begun yet. If
    /// they take longer than [`LEFTOVERS`], a counted thread continues to wait for them.
    fn close(&self, runtime: Runtime) {
        let (closed, is_closed) = mpsc::channel::<()>();
        let counted = self.count();
        // If no thread can be started, the runtime is dropped on this one.
        let _ = std::thread::Builder::new().spawn(move || {
            drop(runtime);
            drop(counted);
            drop(closed);
        });
        // Nothing is ever sent: this ends when the other side is dropped.
        let _ = is_closed.recv_timeout(LEFTOVERS);
    }
}

/// Waits until the response of the invocation has reached the Runtime API; then exits the process if a handler still runs.
pub(crate) async fn end_with_runaways<T>(answered: impl Future<Output = T>, threads: Threads) -> T {
    let answer = answered.await;
    if threads.are_left() {
        error!("handler did not stop: the process exits, so that the handler cannot continue");
        // The status shows that Lambda did not ask for this exit.
        std::process::exit(1);
    }
    answer
}

/// The end of a handler for which no thread could be started: another attempt may get one.
fn failed(error: std::io::Error) -> Work {
    let (sender, work) = oneshot::channel();
    let _ = sender.send(HandlerEnd::Returned(Err(error.into())));
    work
}

#[cfg(test)]
<<<<<<< HEAD
mod tests;
=======
mod tests {
    use super::*;
    use engine::{IdSecrets, Job, Owner, Runners, test_kit};
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
        type Output = String;

        async fn run(self, _context: Context) -> Result<String, JobError> {
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
            let thread = std::thread::current();
            Ok(thread.name().unwrap_or_default().to_owned())
        }
    }

    fn start(threads: &Threads, input: &str) -> (Work, engine::RunControl) {
        let runners = Runners::of(Vec::new(), engine::Registry::add::<Odd>).unwrap();
        let secrets = IdSecrets::parse("ID_SECRETS", "0123456789abcdef0123456789abcdef").unwrap();
        let message = JobMessage {
            id: secrets.issue(&Owner::anonymous(), [1; 10]),
            kind: "odd".parse().unwrap(),
            fingerprint: engine::Fingerprint::of(b""),
            traceparent: None,
            uploads: Vec::new(),
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
        let Ok(HandlerEnd::Returned(Ok(thread))) = work.await else {
            panic!("it returns");
        };
        let (kind, id) = thread.trim_matches('"').split_once(' ').unwrap();
        assert_eq!((kind, id.parse::<engine::JobId>().is_ok()), ("odd", true));
        assert!(DROPPED.load(Ordering::SeqCst));
        assert!(!threads.are_left());
    }

    #[tokio::test]
    async fn a_task_that_blocks_holds_up_nobody_else() {
        let threads = Threads::default();
        let (mut blocked, _control) = start(&threads, r#"{"blocks-a-task": {}}"#);
        let (work, _other) = start(&threads, r#"{"panics": {}}"#);
        assert!(matches!(work.await, Ok(HandlerEnd::Panicked)));
        assert!(blocked.try_recv().is_err());
        UNBLOCK.store(true, Ordering::SeqCst);
        assert!(matches!(blocked.await, Ok(HandlerEnd::Returned(Ok(_)))));
    }

    #[tokio::test]
    async fn a_handler_that_awaits_is_dropped_when_it_is_told_to_stop() {
        let threads = Threads::default();
        let (work, control) = start(&threads, r#"{"waits": {}}"#);
        control.stop.send(true).unwrap();
        assert!(work.await.is_err());
        assert!(!threads.are_left());
    }

    #[tokio::test]
    async fn a_thread_that_a_handler_leaves_behind_counts_for_its_attempt_and_its_process() {
        let process = Threads::default();
        let (threads, others) = (process.of_attempt(), process.of_attempt());
        let (work, _control) = start(&threads, r#"{"leaves-a-thread": {}}"#);
        let (beside, _other) = start(&others, r#"{"spawns-and-returns": {}}"#);
        assert!(matches!(work.await, Ok(HandlerEnd::Returned(Ok(_)))));
        assert!(matches!(beside.await, Ok(HandlerEnd::Returned(Ok(_)))));
        assert!(threads.are_left() && process.are_left());
        assert!(!others.are_left());
        GO_ON.store(true, Ordering::SeqCst);
        while process.are_left() {
            tokio::task::yield_now().await;
        }
        assert!(!threads.are_left());
    }
}
>>>>>>> d893341453a05975256556e263563f4357a45494
