//! All schedules that have not fired yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sqs::Clock;

use crate::schedule::{Definition, Refusal, Schedule, arn_of, check_group, in_the_past};

/// The schedules that have not fired yet. Each fires once, by the clock that the queues have too.
pub(crate) struct Schedules {
    clock: Clock,
    by_name: Mutex<BTreeMap<String, Schedule>>,
}

impl Schedules {
    /// With the schedules of a snapshot. Those that were due in the meantime fire at once.
    pub(crate) fn new(clock: Clock, by_name: BTreeMap<String, Schedule>) -> Self {
        let by_name = Mutex::new(by_name);
        Self { clock, by_name }
    }

    /// Creates the schedule and returns its ARN. A repeat with the same client token and contents changes nothing, even if the time has passed.
    pub(crate) fn create(&self, name: String, definition: Definition) -> Result<String, Refusal> {
        let at_ms = definition.check(&name)?;
        let mut by_name = self.lock();
        if let Some(existing) = by_name.get(&name) {
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
        by_name.insert(name, schedule);
        Ok(arn)
    }

    pub(crate) fn get(&self, group: Option<&str>, name: &str) -> Result<Schedule, Refusal> {
        check_group(group)?;
        self.lock().get(name).cloned().ok_or(Refusal::NotFound)
    }

    pub(crate) fn delete(&self, group: Option<&str>, name: &str) -> Result<(), Refusal> {
        check_group(group)?;
        let removed = self.lock().remove(name);
        removed.map(drop).ok_or(Refusal::NotFound)
    }

    /// The next schedule that is due. It stays until [`Schedules::complete`]: a crash in between lets it fire twice, not never.
    pub(crate) fn due(&self) -> Option<(String, Schedule)> {
        let by_name = self.lock();
        let (name, schedule) = by_name.iter().min_by_key(|(_, schedule)| schedule.at_ms)?;
        let is_due = schedule.at_ms <= self.clock.now_ms();
        is_due.then(|| (name.clone(), schedule.clone()))
    }

    /// Removes a schedule that has fired, unless it was deleted meanwhile and its name used again.
    pub(crate) fn complete(&self, name: &str, fired: &Schedule) {
        let mut by_name = self.lock();
        if by_name.get(name) == Some(fired) {
            by_name.remove(name);
        }
    }

    /// Completes once a schedule is due by the clock.
    pub(crate) async fn until_due(&self) {
        let next = self.lock().values().map(|schedule| schedule.at_ms).min();
        match next {
            Some(at_ms) => self.clock.sleep_until(at_ms).await,
            None => std::future::pending().await,
        }
    }

    /// All schedules as JSON.
    pub(crate) fn snapshot(&self) -> serde_json::Result<Vec<u8>> {
        serde_json::to_vec(&*self.lock())
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Schedule>> {
        // A panic under the lock is a bug in one request. The other schedules are intact.
        self.by_name.lock().unwrap_or_else(PoisonError::into_inner)
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
