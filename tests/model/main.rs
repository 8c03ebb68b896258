//! The life of a job as a state space that a model checker walks through whole: a submitter, messages that are duplicated and
//! come in any order, two workers that crash or freeze at any step and thaw whenever they like, leases that run out, a cancel,
//! a delete, TTL.
//!
//! What decides is the code's own: `transition`, `decide_claim`, `owns_attempt`, `JobRecord::judged` and `begin`. That the
//! table's conditions say the same is what the store suite shows.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code; the lint's own exception sees only what stands in a test function"
)]

mod steps;
mod world;

use stateright::{Checker, HasDiscoveries, Model, Property};
use steps::Step;
use world::{Submit, World};

/// The model: all there is to it, or with one thing left out that the code relies on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Lifecycle {
    without: Option<Guard>,
}

/// What the code relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    /// The message is sent before the record is written.
    MessageFirst,
    /// A claim waits for the end of the lease.
    Lease,
    /// A write of an attempt asks whether the attempt is the present one.
    Fencing,
    /// A write of an attempt asks whether the deadline is over.
    Deadline,
    /// Nothing leaves COMPLETED.
    Final,
    /// A message without a record is kept until no submit can still write it.
    DropAge,
    /// What is not known to be done with goes back to the queue.
    HandBack,
}

impl Model for Lifecycle {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::before()]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        steps.extend(world.steps());
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        world.after(step, *self)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("no live record is without a message", |_, world: &World| {
                !world.is_live() || !world.messages.is_empty()
            }),
            Property::always(
                "an accepted job has a record until its time is over",
                |_, world: &World| {
                    world.submit != Submit::Accepted || world.record.is_some() || world.is_over()
                },
            ),
            Property::always(
                "two attempts never hold the job at once",
                |_, world: &World| !world.seen.two_at_once,
            ),
            Property::always(
                "no write of an older attempt is applied",
                |_, world: &World| !world.seen.stale_write,
            ),
            Property::always(
                "nothing leaves COMPLETED, as a reader sees it",
                |_, world: &World| !world.seen.left_its_end,
            ),
            Property::always(
                "a job that was canceled before it started never ran",
                |_, world: &World| !world.seen.canceled_unstarted || world.seen.started == 0,
            ),
            Property::always(
                "a job is started no more often than it may be",
                |_, world: &World| world.seen.started <= world::MAX_ATTEMPTS,
            ),
            Property::eventually("an accepted job comes to its end", |_, world: &World| {
                matches!(world.submit, Submit::Refused) || world.seen.end.is_some()
            }),
            // Without these the others could hold because nothing ever happens.
            Property::sometimes(
                "a job succeeds on its second attempt",
                |_, world: &World| {
                    world.seen.started == 2 && world.seen.end == Some(engine::Outcome::Success)
                },
            ),
            Property::sometimes("a job is canceled while it runs", |_, world: &World| {
                world.seen.started > 0 && world.seen.end == Some(engine::Outcome::Canceled)
            }),
            Property::sometimes("a job fails at its deadline", |_, world: &World| {
                world.seen.end == Some(engine::Outcome::Failed)
                    && world
                        .record
                        .as_ref()
                        .is_some_and(|job| job.ended_at.is_none())
            }),
        ]
    }
}

/// Whether the checker finds `property` violated once the code does without `guard`.
fn finds(property: &'static str, guard: Guard) -> bool {
    let model = Lifecycle {
        without: Some(guard),
    };
    let found = HasDiscoveries::AllOf([property].into());
    let checked = model.checker().finish_when(found).spawn_bfs().join();
    checked.discovery(property).is_some()
}

#[test]
fn whatever_happens_a_job_is_neither_lost_nor_run_twice_at_once() {
    let checked = Lifecycle::default().checker().threads(2).spawn_bfs().join();
    println!(
        "{} states visited, {} of them distinct",
        checked.state_count(),
        checked.unique_state_count()
    );
    checked.assert_properties();
}

#[test]
fn the_checker_finds_a_record_that_is_written_before_its_message() {
    assert!(finds(
        "no live record is without a message",
        Guard::MessageFirst
    ));
}

#[test]
fn the_checker_finds_a_claim_that_ignores_the_lease() {
    assert!(finds(
        "two attempts never hold the job at once",
        Guard::Lease
    ));
}

#[test]
fn the_checker_finds_a_thawed_worker_that_still_writes() {
    assert!(finds(
        "no write of an older attempt is applied",
        Guard::Fencing
    ));
}

#[test]
fn the_checker_finds_an_end_after_the_deadline() {
    assert!(finds(
        "nothing leaves COMPLETED, as a reader sees it",
        Guard::Deadline
    ));
}

#[test]
fn the_checker_finds_a_job_that_is_started_after_its_end() {
    assert!(finds(
        "nothing leaves COMPLETED, as a reader sees it",
        Guard::Final
    ));
}

#[test]
fn the_checker_finds_a_message_that_is_dropped_too_early() {
    assert!(finds("no live record is without a message", Guard::DropAge));
}

#[test]
fn the_checker_finds_a_message_that_is_acknowledged_while_another_runs_the_job() {
    assert!(finds(
        "no live record is without a message",
        Guard::HandBack
    ));
}
