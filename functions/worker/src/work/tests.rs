//! Threads that end, hang and panic.

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
