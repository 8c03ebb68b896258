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
mod tests;
