//! All schedules that have not fired yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sqs::Clock;

use crate::schedule::{Definition, Refusal, Schedule, arn_of, check_group, in_the_past};

/// The schedules that have not fired yet. Each fires once, by the clock that the queues have too.
pub(crate) struct Schedules {
    clock: Clock,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    by_name: BTreeMap<String, Schedule>,
    /// Whether something has changed since the last snapshot.
    is_changed: bool,
}

impl Schedules {
    /// With the schedules of a snapshot. Those that were due in the meantime fire at once.
    pub(crate) fn new(clock: Clock, by_name: BTreeMap<String, Schedule>) -> Self {
        let state = State {
            by_name,
            is_changed: false,
        };
        Self {
            clock,
            state: Mutex::new(state),
        }
    }

    /// Creates the schedule and returns its ARN. A repeat with the same client token and contents changes nothing, even if the time has passed.
    pub(crate) fn create(&self, name: String, definition: Definition) -> Result<String, Refusal> {
        let at_ms = definition.check(&name)?;
        let mut state = self.lock();
        if let Some(existing) = state.by_name.get(&name) {
            let is_repeat = definition.client_token.is_some() && existing.definition == definition;
            return if is_repeat {
                Ok(arn_of(&name))
            } else {
                Err(Refusal::Conflict)
            };
        }
        let now_ms = self.clock.now_ms();
        if at_ms < now_ms {
            return Err(in_the_past());
        }
        let schedule = Schedule {
            at_ms,
            created_at_ms: now_ms,
            definition,
        };
        let arn = arn_of(&name);
        state.by_name.insert(name, schedule);
        state.is_changed = true;
        Ok(arn)
    }

    pub(crate) fn get(&self, group: Option<&str>, name: &str) -> Result<Schedule, Refusal> {
        check_group(group)?;
        let state = self.lock();
        state.by_name.get(name).cloned().ok_or(Refusal::NotFound)
    }

    pub(crate) fn delete(&self, group: Option<&str>, name: &str) -> Result<(), Refusal> {
        check_group(group)?;
        self.lock().remove(name).ok_or(Refusal::NotFound)
    }

    /// The next schedule that is due. It stays until [`Schedules::complete`]: a crash in between lets it fire twice, not never.
    pub(crate) fn due(&self) -> Option<(String, Schedule)> {
        let state = self.lock();
        let (name, schedule) = state.first()?;
        let is_due = schedule.at_ms <= self.clock.now_ms();
        is_due.then(|| (name.clone(), schedule.clone()))
    }

    /// Removes a schedule that has fired, unless it was deleted meanwhile and its name used again.
    pub(crate) fn complete(&self, name: &str, fired: &Schedule) {
        let mut state = self.lock();
        if state.by_name.get(name) == Some(fired) {
            state.remove(name);
        }
    }

    /// Completes once a schedule is due by the clock.
    pub(crate) async fn until_due(&self) {
        let next = self.lock().first().map(|(_, schedule)| schedule.at_ms);
        match next {
            Some(at_ms) => self.clock.sleep_until(at_ms).await,
            None => std::future::pending().await,
        }
    }

    /// Marks the schedules as changed, so that the next snapshot is written, because the last one was not.
    pub(crate) fn retry_snapshot(&self) {
        self.lock().is_changed = true;
    }

    /// All schedules as JSON. `None` if none has changed since the last snapshot.
    pub(crate) fn snapshot(&self) -> Option<serde_json::Result<Vec<u8>>> {
        let mut state = self.lock();
        let is_changed = std::mem::take(&mut state.is_changed);
        is_changed.then(|| serde_json::to_vec(&state.by_name))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic under the lock is a bug in one request. The other schedules are intact.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The schedule that fires first.
    fn first(&self) -> Option<(&String, &Schedule)> {
        self.by_name
            .iter()
            .min_by_key(|(_, schedule)| schedule.at_ms)
    }

    fn remove(&mut self, name: &str) -> Option<()> {
        self.by_name.remove(name)?;
        self.is_changed = true;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use sqs::ManualClock;

    use super::*;

    #[test]
    fn a_repeated_create_succeeds_after_its_time_and_a_new_one_is_refused() {
        let clock = ManualClock::starting_at(1_767_225_600_000);
        let schedules = Schedules::new(clock.clone().into(), BTreeMap::new());
        let definition: Definition = serde_json::from_value(json!({
            "GroupName": "jobs",
            "ClientToken": "token",
            "ScheduleExpression": "at(2026-01-01T00:00:10)",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage",
                "RoleArn": "arn:aws:iam::000000000000:role/schedules",
                "Input": "{}",
            },
        }))
        .unwrap();
        let create = |name: &str| schedules.create(name.to_owned(), definition.clone());
        let first = create("a");

        clock.advance(Duration::from_secs(11));

        assert!(first.is_ok());
        assert_eq!(create("a"), first);
        assert_eq!(create("b"), Err(in_the_past()));
    }
}
