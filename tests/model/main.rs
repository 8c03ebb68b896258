//! The life of a job as a state space that a model checker walks through whole: submitters, messages that are duplicated and
//! come in any order, two workers that crash or freeze at any step and thaw whenever they like, answers that get lost, leases
//! that run out, retries, snoozes, a cancel, a delete, TTL.
//!
//! What decides is the code's own: `transition`, `decide_claim`, `decide_write`, `Pause`, `JobRecord::judged` and `begin`. That
//! the table's conditions say the same is what the store suite shows.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code; the lint's own exception sees only what stands in a test function"
)]

mod effects;
mod owner;
mod steps;
mod world;

use stateright::{Checker, HasDiscoveries, Model, Property};
use steps::Step;
use world::{DEADLINE, Left, Life, Submit, World};

/// The model: all there is to it, or with one thing left out that the code relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lifecycle {
    scene: Scene,
    without: Option<Guard>,
}

/// What happens in the world. One scene with all of it would have too many states to walk through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    /// One job, whose message is duplicated and whose workers die.
    OneJob,
    /// One job that asks for more time, and whose workers lose the answers to what they wrote.
    Pauses,
    /// Two submitters use one `Idempotency-Key`, for the same request or for two, and the second maybe after the first one's
    /// job is over.
    OneKey,
}

impl Scene {
    fn left(self) -> Left {
        match self {
            Self::OneJob => Left {
                duplicates: 1,
                crashes: 1,
                lost_answers: 0,
                snoozes: 0,
                cancels: 1,
                deletes: 1,
            },
            Self::Pauses => Left {
                duplicates: 1,
                crashes: 0,
                lost_answers: 1,
                snoozes: 1,
                cancels: 0,
                deletes: 0,
            },
            Self::OneKey => Left {
                duplicates: 0,
                crashes: 0,
                lost_answers: 0,
                snoozes: 0,
                cancels: 0,
                deletes: 1,
            },
        }
    }

    /// The worlds that it begins with.
    fn worlds(self) -> Vec<World> {
        match self {
            Self::OneJob | Self::Pauses => vec![World::before(self, &[1])],
            Self::OneKey => vec![World::before(self, &[1, 1]), World::before(self, &[1, 2])],
        }
    }

    fn max_attempts(self) -> u32 {
        match self {
            Self::OneJob | Self::Pauses => 2,
            Self::OneKey => 1,
        }
    }

    /// Until when all submitters have begun.
    fn last_submit(self) -> i64 {
        match self {
            Self::OneJob | Self::Pauses => 0,
            Self::OneKey => 1,
        }
    }

    /// The clock stops when everything is over.
    fn horizon(self) -> i64 {
        self.last_submit() + DEADLINE + 1
    }
}

/// What the code relies on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guard {
    /// The message is sent before the record is written.
    MessageFirst,
    /// A record is written only where no live one stands.
    FreeId,
    /// A claim asks whether the message belongs to the request that the record stands for.
    Fingerprint,
    /// A claim waits for the end of the lease.
    Lease,
    /// A write of an attempt asks whether the attempt is the present one.
    Fencing,
    /// It asks by the token of the claim, and not by the attempt's number.
    Token,
    /// A write of an attempt asks whether the deadline is over.
    Deadline,
    /// Nothing leaves COMPLETED.
    Final,
    /// A message without a record is kept until no submit can still write it.
    DropAge,
    /// A key's message that another one made useless is kept as long.
    KeyedAge,
    /// What is not known to be done with goes back to the queue.
    HandBack,
}

impl Model for Lifecycle {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        self.scene.worlds()
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        steps.extend(world.steps(self.scene));
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        world.after(step, *self)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = must_hold();
        properties.extend(must_happen(self.scene));
        properties
    }
}

const LIVE_WITHOUT_MESSAGE: &str = "no live record is without a message of its own";
const LOST: &str = "an accepted job has a record until its time is over";
const TWO_AT_ONCE: &str = "two attempts never hold a job at once";
const STALE_WRITE: &str = "no write of an older attempt is applied";
const LEFT_ITS_END: &str = "nothing leaves COMPLETED, as a reader sees it";
const FOREIGN_INPUT: &str = "no job runs with another request's input";

fn must_hold() -> Vec<Property<Lifecycle>> {
    vec![
        Property::always(LIVE_WITHOUT_MESSAGE, |_, world: &World| {
            let standing = world
                .judged()
                .filter(|standing| !standing.job.state.is_completed());
            let body = |whose: usize| world.submitters[whose].body;
            standing.is_none_or(|standing| {
                let mut messages = world.messages.iter();
                messages.any(|message| body(message.from) == body(standing.whose))
            })
        }),
        Property::always(LOST, |_, world: &World| {
            let stands = |whose| {
                world
                    .record
                    .as_ref()
                    .is_some_and(|record| record.whose == whose)
            };
            let mut submitters = world.submitters.iter().enumerate();
            submitters.all(|(whose, submitter)| {
                submitter.submit != Submit::Accepted || stands(whose) || world.is_over(whose)
            })
        }),
        Property::always(TWO_AT_ONCE, |_, world: &World| !world.seen.two_at_once),
        Property::always(STALE_WRITE, |_, world: &World| !world.seen.stale_write),
        Property::always(LEFT_ITS_END, |_, world: &World| !world.seen.left_its_end),
        Property::always(FOREIGN_INPUT, |_, world: &World| !world.seen.foreign_input),
        Property::always(
            "a job that was canceled before it started never ran",
            |_, world: &World| !world.sees(|life| life.canceled_unstarted && life.started > 0),
        ),
        Property::always(
            "a job is started no more often than it may be",
            |_, world: &World| !world.sees(|life| life.started > world.max_attempts + life.snoozed),
        ),
        Property::eventually("every job comes to its end", |_, world: &World| {
            let is_done = |submit| matches!(submit, Submit::Accepted | Submit::Refused);
            let mut submitters = world.submitters.iter();
            submitters.all(|submitter| is_done(submitter.submit))
                && !world.sees(|life| life.is_begun && life.end.is_none())
        }),
    ]
}

/// Without these the others could hold because nothing ever happens.
fn must_happen(scene: Scene) -> Vec<Property<Lifecycle>> {
    use engine::Outcome::{Canceled, Failed, Success};
    let second = Property::sometimes(
        "a job succeeds on its second attempt",
        |_, world: &World| {
            world.sees(|life| life.started == 2 && life.snoozed == 0 && life.end == Some(Success))
        },
    );
    let canceled = Property::sometimes("a job is canceled while it runs", |_, world: &World| {
        world.sees(|life| life.started > 0 && life.end == Some(Canceled))
    });
    let snoozed = Property::sometimes("a job goes on after a snooze", |_, world: &World| {
        world.sees(|life| life.started == 3 && life.snoozed == 1 && life.end == Some(Success))
    });
    let again = Property::sometimes("a key is used again", |_, world: &World| {
        let mut submitters = world.submitters.iter();
        submitters.all(|submitter| submitter.life.end == Some(Success))
    });
    let overdue = Property::sometimes("a job fails at its deadline", |_, world: &World| {
        let record = world.record.as_ref();
        world.sees(|life| life.end == Some(Failed))
            && record.is_some_and(|record| record.job.ended_at.is_none())
    });
    match scene {
        Scene::OneJob => vec![overdue, second, canceled],
        Scene::Pauses => vec![overdue, second, snoozed],
        Scene::OneKey => vec![overdue, again],
    }
}

impl World {
    /// Whether this is true of some job.
    fn sees(&self, is_so: impl Fn(&Life) -> bool) -> bool {
        self.submitters
            .iter()
            .any(|submitter| is_so(&submitter.life))
    }
}

/// Walks through a whole scene.
fn walk(scene: Scene) {
    let model = Lifecycle {
        scene,
        without: None,
    };
    let checked = model.checker().threads(2).spawn_bfs().join();
    println!(
        "{scene:?}: {} states visited, {} of them distinct",
        checked.state_count(),
        checked.unique_state_count()
    );
    checked.assert_properties();
}

/// Whether the checker finds `property` violated in this scene once the code does without `guard`.
fn finds(property: &'static str, scene: Scene, guard: Guard) -> bool {
    let model = Lifecycle {
        scene,
        without: Some(guard),
    };
    let found = HasDiscoveries::AllOf([property].into());
    let checked = model.checker().finish_when(found).spawn_bfs().join();
    checked.discovery(property).is_some()
}

#[test]
fn whatever_happens_a_job_is_neither_lost_nor_run_twice_at_once() {
    walk(Scene::OneJob);
}

#[test]
fn whatever_happens_a_job_that_pauses_is_neither_lost_nor_run_twice_at_once() {
    walk(Scene::Pauses);
}

#[test]
fn whatever_happens_under_a_key_no_job_is_lost_nor_run_for_another() {
    walk(Scene::OneKey);
}

#[test]
fn the_checker_finds_a_record_that_is_written_before_its_message() {
    assert!(finds(
        LIVE_WITHOUT_MESSAGE,
        Scene::OneJob,
        Guard::MessageFirst
    ));
}

#[test]
fn the_checker_finds_a_record_that_is_written_over() {
    assert!(finds(LOST, Scene::OneKey, Guard::FreeId));
}

#[test]
fn the_checker_finds_a_claim_that_ignores_whose_message_it_has() {
    assert!(finds(FOREIGN_INPUT, Scene::OneKey, Guard::Fingerprint));
}

#[test]
fn the_checker_finds_a_claim_that_ignores_the_lease() {
    assert!(finds(TWO_AT_ONCE, Scene::OneJob, Guard::Lease));
}

#[test]
fn the_checker_finds_a_thawed_worker_that_still_writes() {
    assert!(finds(STALE_WRITE, Scene::OneJob, Guard::Fencing));
}

#[test]
fn the_checker_finds_that_an_attempts_number_does_not_fence_behind_a_snooze() {
    assert!(finds(STALE_WRITE, Scene::Pauses, Guard::Token));
}

#[test]
fn the_checker_finds_an_end_after_the_deadline() {
    assert!(finds(LEFT_ITS_END, Scene::OneJob, Guard::Deadline));
}

#[test]
fn the_checker_finds_a_job_that_is_started_after_its_end() {
    assert!(finds(LEFT_ITS_END, Scene::OneJob, Guard::Final));
}

#[test]
fn the_checker_finds_a_message_that_is_dropped_too_early() {
    assert!(finds(LIVE_WITHOUT_MESSAGE, Scene::OneJob, Guard::DropAge));
}

#[test]
fn the_checker_finds_a_keys_message_that_is_dropped_too_early() {
    assert!(finds(LIVE_WITHOUT_MESSAGE, Scene::OneKey, Guard::KeyedAge));
}

#[test]
fn the_checker_finds_a_message_that_is_acknowledged_while_another_runs_the_job() {
    assert!(finds(LIVE_WITHOUT_MESSAGE, Scene::OneJob, Guard::HandBack));
}
