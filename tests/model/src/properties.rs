//! What must hold in every state, and what must happen in some.

use engine::CallbackState;
use engine::Outcome::{Canceled, Failed, Success};
use stateright::Property;

use crate::world::{Life, Schedule, Submit, World};
use crate::{Lifecycle, Scene};

/// No job is stuck.
pub const LIVE_WITHOUT_MESSAGE: &str = "no unfinished record is without a message of its own";
/// No job is lost.
pub const LOST: &str = "an accepted job has a record until it expires or is deleted";
/// No two attempts' code runs at once, what a handler left behind included.
pub const TWO_AT_ONCE: &str = "two attempts of a job never run at once";
/// Fencing.
pub const STALE_WRITE: &str = "no write of a superseded attempt takes effect";
/// Final is final.
pub const LEFT_ITS_END: &str = "what a reader saw as ended never ends differently";
/// No job gets another's input.
pub const FOREIGN_INPUT: &str = "no job runs with another request's input";
/// A command is about the job that its owner saw.
pub const ACTED_ON_ANOTHER: &str = "a command changes only the job that it saw first";
/// Progress is never lost.
pub const TOOK_BACK: &str = "a checkpoint is never replaced by an older one";
/// One job for each 202 that says so.
pub const TOLD_NEW_TWICE: &str = "no two submitters are told that one job is new";
/// A lost answer does not make the job fail.
pub const BURNED: &str = "no job fails without having run, unless a worker died";
/// A cancel of a job that nobody runs ends it.
pub const ASKED_NOBODY: &str = "nobody is asked to stop between two slices";
/// Each start counts, except that of a further slice.
pub const STARTED_TOO_OFTEN: &str = "a job is started no more often than it may be";
/// A timeout is final only if more time would not help.
pub const TIMED_OUT_EARLY: &str = "no attempt that began late times out for good";

/// No end without its webhook.
pub const UNANNOUNCED: &str = "no end was written whose webhook nobody delivers";
/// No webhook without its end.
pub const TOLD_EARLY: &str = "no webhook is delivered before its end is in the record";
/// What arrived stays so.
pub const ARRIVAL_UNDONE: &str = "no webhook that arrived is recorded as failed or counted again";
/// What arrived is recorded.
pub const ARRIVAL_LOST: &str = "a webhook that arrived is recorded, even if it was given up before";
/// Deliveries are counted.
pub const COUNTED_TWICE: &str = "no more deliveries are counted than were made";

pub(crate) fn must_hold() -> Vec<Property<Lifecycle>> {
    vec![
        Property::always(LIVE_WITHOUT_MESSAGE, |_, world: &World| {
            let standing = world
                .judged(world.readers_time())
                .filter(|standing| !standing.job.state.is_completed());
            let body = |whose: usize| world.submitters[whose].body;
            standing.is_none_or(|standing| {
                let schedule = world.schedule.filter(|schedule| !schedule.is_gone);
                let schedule = schedule.map(|schedule| schedule.from);
                let messages = world.messages.iter().map(|message| message.from);
                let mut senders = messages.chain(schedule);
                senders.any(|whose| body(whose) == body(standing.whose))
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
                submitter.submit != Submit::Accepted
                    || stands(whose)
                    || world.is_over(whose)
                    || world.seen.told_new_twice
            })
        }),
        Property::always(TWO_AT_ONCE, |_, world: &World| !world.seen.two_at_once),
        Property::always(STALE_WRITE, |_, world: &World| !world.seen.stale_write),
        Property::always(LEFT_ITS_END, |_, world: &World| !world.seen.left_its_end),
        Property::always(FOREIGN_INPUT, |_, world: &World| !world.seen.foreign_input),
        Property::always(ACTED_ON_ANOTHER, |_, world: &World| {
            !world.seen.acted_on_another
        }),
        Property::always(TOOK_BACK, |_, world: &World| !world.seen.took_back),
        Property::always(TOLD_NEW_TWICE, |_, world: &World| {
            !world.seen.told_new_twice
        }),
        Property::always(BURNED, |_, world: &World| !world.seen.burned),
        Property::always(TIMED_OUT_EARLY, |_, world: &World| {
            !world.seen.timed_out_early
        }),
        Property::always(
            "a job that was canceled before it started never ran",
            |_, world: &World| !world.sees(|life| life.canceled_unstarted && life.started > 0),
        ),
        Property::always(ASKED_NOBODY, |_, world: &World| !world.seen.asked_nobody),
        Property::always(STARTED_TOO_OFTEN, |model: &Lifecycle, world: &World| {
            let may = |life: &Life| model.scene.max_attempts() + life.snoozed + life.sliced;
            !world.sees(|life| life.started > may(life))
        }),
        Property::always(UNANNOUNCED, |_, world: &World| !world.has_unannounced_end()),
        Property::always(TOLD_EARLY, |_, world: &World| !world.seen.told_early),
        Property::always(ARRIVAL_UNDONE, |_, world: &World| {
            !world.seen.arrival_undone
        }),
        Property::always(ARRIVAL_LOST, |_, world: &World| !world.seen.arrival_lost),
        Property::always(COUNTED_TWICE, |_, world: &World| !world.counts_too_many()),
        Property::eventually("every job ends", |_, world: &World| {
            let is_done = |submit: &Submit| matches!(submit, Submit::Accepted | Submit::Over);
            let mut submitters = world.submitters.iter();
            submitters.all(|submitter| is_done(&submitter.submit))
                && world.pending.is_empty()
                && !world.sees(|life| life.is_begun && life.end.is_none())
        }),
    ]
}

/// Without these the others could hold because nothing ever happens.
pub(crate) fn must_happen(scene: Scene) -> Vec<Property<Lifecycle>> {
    let second = Property::sometimes(
        "a job succeeds on its second attempt",
        |_, world: &World| {
            let paused = |life: &Life| life.snoozed + life.sliced;
            world.sees(|life| life.started == 2 && paused(life) == 0 && life.end == Some(Success))
        },
    );
    let canceled = Property::sometimes("a job is canceled while it runs", |_, world: &World| {
        world.sees(|life| life.started > 0 && life.end == Some(Canceled))
    });
    let snoozed = Property::sometimes("a job continues after a snooze", |_, world: &World| {
        world.sees(|life| life.started == 3 && life.snoozed == 1 && life.end == Some(Success))
    });
    let sliced = Property::sometimes(
        "the last attempt goes on after a slice",
        |_, world: &World| {
            world.sees(|life| life.started == 2 && life.sliced == 1 && life.end == Some(Success))
        },
    );
    let again = Property::sometimes("a key is used again", |_, world: &World| {
        let mut submitters = world.submitters.iter();
        submitters.all(|submitter| submitter.life.end == Some(Success))
    });
    let overdue = Property::sometimes("a job fails at its deadline", |_, world: &World| {
        let record = world.record.as_ref();
        world.sees(|life| life.end == Some(Failed))
            && record.is_some_and(|record| record.job.ended_at.is_none())
    });
    let delivered = Property::sometimes("a second delivery arrives", |_, world: &World| {
        world.has_callback(CallbackState::Delivered, 2)
    });
    let given_up = Property::sometimes("a webhook is given up", |_, world: &World| {
        world.has_callback(CallbackState::Failed, 1)
    });
    let unscheduled = Property::sometimes(
        "a job is canceled whose schedule never fires",
        |_, world: &World| {
            let schedule = world.schedule;
            world.sees(|life| life.canceled_unstarted)
                && schedule.is_some_and(|schedule| schedule.is_gone)
                && world.messages.is_empty()
        },
    );
    let late = Property::sometimes("a schedule fires late", |_, world: &World| {
        let is_late = |schedule: Schedule| !schedule.is_gone && world.now > schedule.due;
        world.schedule.is_some_and(is_late)
    });
    match scene {
        Scene::OneJob => vec![overdue, second, canceled],
        Scene::Late | Scene::LongLease | Scene::LongDeadline => vec![overdue, canceled],
        Scene::Pauses => vec![overdue, second, snoozed],
        Scene::Slices => vec![overdue, sliced, canceled],
        Scene::Progress => vec![overdue, second],
        Scene::OneKey | Scene::Reuse => vec![overdue, again],
        Scene::Webhook => vec![overdue, delivered, given_up],
        Scene::FarStart => vec![overdue, unscheduled, late],
    }
}

impl World {
    fn has_callback(&self, state: CallbackState, attempts: u32) -> bool {
        let record = self.record.as_ref();
        let callback = record.and_then(|record| record.job.callback.as_ref());
        callback.is_some_and(|callback| callback.state == state && callback.attempts == attempts)
    }

    /// Whether this is true of some job.
    fn sees(&self, is_so: impl Fn(&Life) -> bool) -> bool {
        self.submitters
            .iter()
            .any(|submitter| is_so(&submitter.life))
    }
}
