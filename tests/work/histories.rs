//! Random histories of a few jobs, on the embedded table and queue with clocks that stand still: submits, deliveries that come
//! twice, crashes, frozen workers that thaw and write, progress that comes late, attempts given back, snoozes and slices, leases that run out, cancels, deletes, TTL.
//!
//! The store and the queue are the real ones, and so is the wire; a worker is played step by step. The auditor's ledger
//! judges each write. `HISTORIES=10000` plays more of them than the default.

mod step;
mod world;

use proptest::prelude::*;
use proptest::test_runner::Config;

use step::{Step, steps};
use world::World;

/// As many as take some seconds.
const HISTORIES: u32 = 24;

fn config() -> Config {
    let wanted = std::env::var("HISTORIES").ok();
    let cases = wanted.and_then(|text| text.parse().ok());
    Config {
        cases: cases.unwrap_or(HISTORIES),
        // A history that fails is shown, shrunk; it goes into a test of its own.
        failure_persistence: None,
        max_shrink_iters: 300,
        ..Config::default()
    }
}

fn play(history: &[Step]) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let mut world = World::start().await;
        for step in history {
            world.take(step).await;
            world.assert_kept(step);
        }
        world.come_to_rest().await;
    });
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn whatever_happens_a_job_comes_to_one_end_and_no_two_attempts_write(history in steps()) {
        play(&history);
    }
}

/// That the steps do what they are called, and that there is something to judge.
#[test]
fn a_worker_that_thaws_after_its_lease_writes_nothing() {
    play(&[
        Step::Submit { job: 0 },
        Step::Deliver { worker: 0 },
        Step::Freeze { worker: 0 },
        Step::Advance { seconds: 31 },
        Step::Deliver { worker: 1 },
        Step::ThawAndFinish,
        Step::Progress { worker: 1 },
        Step::Finish {
            worker: 1,
            succeeds: true,
        },
    ]);
}

/// The same attempt, twice: its late progress and its late end count for nothing.
#[test]
fn a_slice_that_is_over_writes_nothing_and_the_next_one_goes_on() {
    let slice = Step::EndSlice {
        worker: 0,
        leaves_thread: false,
    };
    play(&[
        Step::Submit { job: 0 },
        Step::Deliver { worker: 0 },
        Step::Progress { worker: 0 },
        slice.clone(),
        Step::Deliver { worker: 1 },
        Step::Progress { worker: 1 },
        Step::Freeze { worker: 1 },
        Step::Advance { seconds: 31 },
        Step::Deliver { worker: 0 },
        slice,
        Step::ThawAndProgress,
        Step::ThawAndEndSlice,
        Step::Cancel { job: 0 },
    ]);
}

#[test]
fn the_owner_of_a_key_cancels_one_job_after_another() {
    play(&[
        Step::Submit { job: 1 },
        Step::Cancel { job: 1 },
        Step::Advance { seconds: 61 },
        Step::Submit { job: 1 },
        Step::Cancel { job: 1 },
    ]);
}
