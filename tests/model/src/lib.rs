//! The life of a job as a state space that a model checker walks through whole: submitters, messages that are duplicated and
//! delivered in any order, two workers that crash or freeze at any step, writes that take effect late, twice or never, two
//! clocks that differ, leases that run out, retries, snoozes, cancels, deletes, reused idempotency keys, TTL.
//!
//! The model decides nothing itself: it uses the code's own decisions and evaluates the table's own conditions, the expressions
//! that [`engine::Condition`] sends. It repeats only what a write sets.

#![allow(
    clippy::panic,
    reason = "a condition that the model cannot read must stop it"
)]

mod attempt;
mod condition;
mod effects;
mod guard;
mod owner;
mod properties;
mod scene;
mod shared;
mod start;
mod step;
mod steps;
mod webhook;
mod worker;
mod world;
mod write;

pub use guard::Guard;
pub use properties::*;
pub use scene::Scene;
pub use step::{Sent, Step, Wish};
pub use world::{Order, World};

use condition::Conditions;
use std::time::Duration;
use world::{Left, RETENTION, WRITE_HORIZON};

use stateright::{Checker, HasDiscoveries, Model, Property};

/// The model of one scene: complete, or with one thing left out that the code relies on.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    scene: Scene,
    /// How many more writes are late than the scene has.
    more_late: u8,
    without: Option<Guard>,
    conditions: Conditions,
}

impl Lifecycle {
    /// The model of `scene`, `without` one guard.
    #[must_use]
    pub fn of(scene: Scene, without: Option<Guard>) -> Self {
        Self {
            scene,
            more_late: 0,
            without,
            conditions: Conditions::without(without.map_or(&[], Guard::parts)),
        }
    }

    /// The model of `scene` with `more_late` writes more that are late.
    #[must_use]
    pub fn deeper(scene: Scene, more_late: u8) -> Self {
        Self {
            more_late,
            ..Self::of(scene, None)
        }
    }

    fn left(&self) -> Left {
        let left = self.scene.left();
        Left {
            late: left.late + self.more_late,
            ..left
        }
    }

    /// From a job's deadline to when readers may call it failed.
    fn write_horizon(&self) -> Duration {
        match self.without {
            Some(Guard::Horizon) => Duration::ZERO,
            Some(Guard::ClockMargin) => world::flight(),
            _ => WRITE_HORIZON,
        }
    }

    fn retention(&self) -> Duration {
        if self.lacks(Guard::Retention) {
            Duration::from_secs(1)
        } else {
            RETENTION
        }
    }

    fn lacks(&self, guard: Guard) -> bool {
        self.without == Some(guard)
    }
}

impl Model for Lifecycle {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        World::before(self)
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        world.steps(self, steps);
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        world.after(step, self)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = must_hold();
        properties.extend(must_happen(self.scene));
        properties
    }
}

/// Walks through all states of a model.
///
/// # Panics
/// If a property is violated.
pub fn walk(model: Lifecycle) {
    let began = std::time::Instant::now();
    let (scene, more_late) = (model.scene, model.more_late);
    let checked = model.checker().threads(2).spawn_bfs().join();
    println!(
        "{scene:?} with {more_late} more late writes: {} distinct states, {} visited, {:.1} s",
        checked.unique_state_count(),
        checked.state_count(),
        began.elapsed().as_secs_f64()
    );
    checked.assert_properties();
}

/// A way to a state of `scene` that violates `property` without `guard`; `None` if there is none.
#[must_use]
pub fn counterexample(
    property: &'static str,
    scene: Scene,
    guard: Option<Guard>,
) -> Option<String> {
    let found = HasDiscoveries::AllOf([property].into());
    let checked = Lifecycle::of(scene, guard)
        .checker()
        .finish_when(found)
        .spawn_bfs()
        .join();
    let path = checked.discovery(property)?;
    let steps: Vec<_> = path
        .into_actions()
        .iter()
        .map(|step| format!("{step:?}"))
        .collect();
    Some(steps.join(", "))
}
