//! Tests of what jobs share.

use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};

static BUILDS: AtomicUsize = AtomicUsize::new(0);

struct Counted(usize);

impl Shared for Counted {
    async fn build(_aws: &SdkConfig) -> Result<Self, JobError> {
        tokio::task::yield_now().await;
        Ok(Self(BUILDS.fetch_add(1, Ordering::SeqCst)))
    }
}

#[tokio::test]
async fn a_value_is_built_once_even_if_two_attempts_ask_at_the_same_time() {
    let state = ProcessState::new(SdkConfig::builder().build(), None);
    let (one, other) = tokio::join!(state.shared::<Counted>(), state.shared::<Counted>());
    assert_eq!((one.unwrap().0, other.unwrap().0), (0, 0));
    assert_eq!(state.shared::<Counted>().await.unwrap().0, 0);
    assert_eq!(BUILDS.load(Ordering::SeqCst), 1);
}

static FAILURES: AtomicUsize = AtomicUsize::new(0);

struct Late;

impl Shared for Late {
    async fn build(_aws: &SdkConfig) -> Result<Self, JobError> {
        match FAILURES.fetch_add(1, Ordering::SeqCst) {
            0 => Err(JobError::retry("not-yet", "the model is not available yet")),
            _ => Ok(Self),
        }
    }
}

#[tokio::test]
async fn a_value_that_could_not_be_built_is_built_by_the_next_attempt_that_asks() {
    let state = ProcessState::new(SdkConfig::builder().build(), None);
    assert!(matches!(
        state.shared::<Late>().await,
        Err(JobError::Retry { .. })
    ));
    assert!(state.shared::<Late>().await.is_ok());
}

#[test]
fn what_is_started_in_outlive_runs_on_after_the_runtime_of_its_attempt() {
    let process = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let state = {
        let _entered = process.enter();
        ProcessState::new(SdkConfig::builder().build(), None)
    };
    let (sender, ended) = tokio::sync::oneshot::channel();
    let attempt = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    attempt.block_on(state.outlive(async {
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            sender.send(()).unwrap();
        });
    }));
    drop(attempt);
    process.block_on(ended).unwrap();
}

#[test]
fn a_kinds_clients_have_no_timeouts_of_the_functions_clients() {
    let base = SdkConfig::builder()
        .timeout_config(crate::timeouts())
        .build();
    let state = ProcessState::new(base, None);
    assert!(state.aws().timeout_config().is_none());
}
