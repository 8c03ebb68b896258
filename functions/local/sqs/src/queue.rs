//! One queue: messages in ordered maps. The caller supplies the time.

use std::collections::{BTreeMap, BTreeSet};

use super::content::Message;
use super::error::{Code, Error, Result};
use super::handle::Receipt;
use super::held::{Counts, Delivery, Held, Outlook, Received, Stage};
use super::limits::MAX_VISIBILITY_S;
use super::settings::Settings;

/// A standard queue. Before any other method, call [`Queue::settle`] with the same `now_ms`.
#[derive(Debug)]
pub(super) struct Queue {
    pub(super) id: u64,
    pub(super) created_at_ms: u64,
    pub(super) modified_at_ms: u64,
    pub(super) purged_at_ms: Option<u64>,
    pub(super) settings: Settings,
    messages: BTreeMap<u64, Held>,
    last_number: u64,
    /// Visible messages by the time at which they became visible, then by number: the order of delivery.
    visible: BTreeSet<(u64, u64)>,
    /// Delayed and in-flight messages by the time at which they become visible.
    due: BTreeSet<(u64, u64)>,
    /// Messages by the time of sending, from which the retention counts.
    by_age: BTreeSet<(u64, u64)>,
    in_flight: usize,
}

impl Queue {
    pub(super) fn new(id: u64, settings: Settings, now_ms: u64) -> Self {
        Self {
            id,
            created_at_ms: now_ms,
            modified_at_ms: now_ms,
            purged_at_ms: None,
            settings,
            messages: BTreeMap::new(),
            last_number: 0,
            visible: BTreeSet::new(),
            due: BTreeSet::new(),
            by_age: BTreeSet::new(),
            in_flight: 0,
        }
    }

    /// Applies the time: makes due messages visible, and deletes those past their retention.
    pub(super) fn settle(&mut self, now_ms: u64) {
        while let Some(&(at_ms, number)) = self.due.first().filter(|(at_ms, _)| *at_ms <= now_ms) {
            self.place(number, Stage::Visible { since_ms: at_ms });
        }
        let retention_ms = u64::from(self.settings.retention_s) * 1_000;
        while let Some(&(sent_at_ms, number)) = self.by_age.first() {
            if sent_at_ms.saturating_add(retention_ms) > now_ms {
                break;
            }
            self.take(number);
        }
    }

    /// Adds a message that becomes visible after a delay.
    pub(super) fn add(&mut self, message: Message, delay_s: u32, now_ms: u64) {
        let stage = match delay_s {
            0 => Stage::Visible { since_ms: now_ms },
            _ => Stage::Delayed {
                until_ms: now_ms + u64::from(delay_s) * 1_000,
            },
        };
        self.last_number += 1;
        self.hold(
            self.last_number,
            Held {
                message,
                stage,
                delivery: 0,
            },
        );
    }

    /// Delivers up to `most` messages. Messages already delivered `give_up_after` times are returned for the dead-letter queue instead.
    pub(super) fn receive(
        &mut self,
        most: usize,
        visibility_s: u32,
        give_up_after: Option<u32>,
        now_ms: u64,
    ) -> Received {
        let mut received = Received::default();
        while received.deliveries.len() < most
            && let Some(&(_, number)) = self.visible.first()
        {
            let is_dead = give_up_after.is_some_and(|most| {
                self.messages
                    .get(&number)
                    .is_some_and(|held| held.delivery >= most)
            });
            if is_dead {
                received.dead.extend(self.take(number));
            } else {
                received
                    .deliveries
                    .extend(self.deliver(number, visibility_s, now_ms));
            }
        }
        received
    }

    fn deliver(&mut self, number: u64, visibility_s: u32, now_ms: u64) -> Option<Delivery> {
        let until_ms = now_ms + u64::from(visibility_s) * 1_000;
        self.place(
            number,
            Stage::InFlight {
                until_ms,
                received_at_ms: now_ms,
            },
        );
        let held = self.messages.get_mut(&number)?;
        held.delivery += 1;
        held.message.receive_count += 1;
        held.message.first_received_at_ms.get_or_insert(now_ms);
        Some(Delivery {
            message: held.message.clone(),
            receipt: Receipt {
                queue_id: self.id,
                number,
                delivery: held.delivery,
            },
        })
    }

    /// Deletes a message by its last receipt, even if it is visible again. A stale receipt deletes nothing.
    pub(super) fn delete(&mut self, receipt: Receipt) {
        let is_last = self
            .messages
            .get(&receipt.number)
            .is_some_and(|held| held.delivery == receipt.delivery);
        if is_last {
            self.take(receipt.number);
        }
    }

    /// Sets the remaining visibility timeout of an in-flight message. With 0 it becomes visible at once.
    pub(super) fn change_visibility(
        &mut self,
        receipt: Receipt,
        visibility_s: u32,
        now_ms: u64,
    ) -> Result<()> {
        let received_at_ms = self.received_at_ms(receipt)?;
        let so_far_s = now_ms.saturating_sub(received_at_ms) / 1_000;
        if so_far_s + u64::from(visibility_s) > MAX_VISIBILITY_S.unsigned_abs() {
            let reason =
                "Total VisibilityTimeout for the message is beyond the limit [43200 seconds].";
            return Err(Error::parameter("VisibilityTimeout", visibility_s, reason));
        }
        let stage = match visibility_s {
            0 => Stage::Visible { since_ms: now_ms },
            _ => Stage::InFlight {
                until_ms: now_ms + u64::from(visibility_s) * 1_000,
                received_at_ms,
            },
        };
        self.place(receipt.number, stage);
        Ok(())
    }

    fn received_at_ms(&self, receipt: Receipt) -> Result<u64> {
        let held = self
            .messages
            .get(&receipt.number)
            .filter(|held| held.delivery == receipt.delivery);
        match held.map(|held| held.stage) {
            Some(Stage::InFlight { received_at_ms, .. }) => Ok(received_at_ms),
            Some(Stage::Visible { .. } | Stage::Delayed { .. }) | None => {
                Err(Code::MessageNotInflight.because("The specified message isn't in flight."))
            }
        }
    }

    /// Deletes every message.
    pub(super) fn purge(&mut self) {
        self.messages.clear();
        self.due.clear();
        self.by_age.clear();
        self.visible.clear();
        self.in_flight = 0;
    }

    /// The numbers of the visible messages.
    pub(super) fn visible_numbers(&self) -> Vec<u64> {
        self.visible.iter().map(|(_, number)| *number).collect()
    }

    pub(super) fn message(&self, number: u64) -> Option<&Message> {
        self.messages.get(&number).map(|held| &held.message)
    }

    /// Removes a message in any stage.
    pub(super) fn take(&mut self, number: u64) -> Option<Message> {
        self.leave_stage(number);
        let held = self.messages.remove(&number)?;
        self.by_age.remove(&(held.message.sent_at_ms, number));
        Some(held.message)
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            visible: self.visible.len(),
            in_flight: self.in_flight,
            delayed: self.due.len() - self.in_flight,
        }
    }

    pub(super) fn outlook(&self) -> Outlook {
        Outlook {
            visible: self.visible.len(),
            next_due_ms: self.due.first().map(|(at_ms, _)| *at_ms),
        }
    }

    /// Every message with its number, for a snapshot.
    pub(super) fn held(&self) -> Vec<(u64, Held)> {
        self.messages
            .iter()
            .map(|(number, held)| (*number, held.clone()))
            .collect()
    }

    /// Number of messages that this queue ever received.
    pub(super) fn last_number(&self) -> u64 {
        self.last_number
    }

    /// Restores messages from a snapshot. Their receipts remain valid.
    pub(super) fn resume(&mut self, last_number: u64, messages: Vec<(u64, Held)>) {
        self.last_number = last_number;
        for (number, held) in messages {
            self.hold(number, held);
        }
    }

    fn hold(&mut self, number: u64, held: Held) {
        let stage = held.stage;
        self.by_age.insert((held.message.sent_at_ms, number));
        self.messages.insert(number, held);
        self.enter_stage(number, stage);
    }

    fn place(&mut self, number: u64, stage: Stage) {
        self.leave_stage(number);
        self.enter_stage(number, stage);
    }

    fn leave_stage(&mut self, number: u64) {
        let Some(held) = self.messages.get(&number) else {
            return;
        };
        match held.stage {
            Stage::Visible { since_ms } => drop(self.visible.remove(&(since_ms, number))),
            Stage::Delayed { until_ms } => drop(self.due.remove(&(until_ms, number))),
            Stage::InFlight { until_ms, .. } => {
                self.due.remove(&(until_ms, number));
                self.in_flight -= 1;
            }
        }
    }

    fn enter_stage(&mut self, number: u64, stage: Stage) {
        let Some(held) = self.messages.get_mut(&number) else {
            return;
        };
        held.stage = stage;
        match stage {
            Stage::Visible { since_ms } => drop(self.visible.insert((since_ms, number))),
            Stage::Delayed { until_ms } => drop(self.due.insert((until_ms, number))),
            Stage::InFlight { until_ms, .. } => {
                self.due.insert((until_ms, number));
                self.in_flight += 1;
            }
        }
    }
}
