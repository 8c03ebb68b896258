//! Whose turn it is: the order in which visible messages are delivered.
//!
//! SQS fair queues keep the messages of one noisy tenant (a `MessageGroupId` on a standard queue) from delaying the
//! others': while a tenant has many messages in flight, those of quieter tenants go first; nobody's throughput is
//! limited when nobody else waits. AWS doesn't publish the rule. Ours: the group with the fewest messages in flight goes
//! first, among equals the one whose oldest message has been visible longest. A message without a group belongs to
//! nobody, so nothing is ever in flight for it; without groups, the order is the order of becoming visible.

use std::collections::{BTreeMap, BTreeSet};

type GroupId = Option<String>;

/// A message's place within its group: since when it is visible, and its number.
pub(super) type Place = (u64, u64);

/// The visible messages of a queue and how many of each group are in flight.
#[derive(Debug, Default)]
pub(super) struct Turns {
    groups: BTreeMap<GroupId, Group>,
    /// Groups that have visible messages: those in flight, the oldest visible message, the group.
    order: BTreeSet<(usize, Place, GroupId)>,
    visible: usize,
}

#[derive(Debug, Default)]
struct Group {
    visible: BTreeSet<Place>,
    in_flight: usize,
}

impl Turns {
    /// How many messages are visible.
    pub(super) fn visible(&self) -> usize {
        self.visible
    }

    /// The number of the message whose turn it is.
    pub(super) fn next(&self) -> Option<u64> {
        self.order.first().map(|(_, (_, number), _)| *number)
    }

    /// Every visible message, in no order that matters.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let places = self.groups.values().flat_map(|group| &group.visible);
        places.map(|(_, number)| *number).collect()
    }

    pub(super) fn add(&mut self, group: &GroupId, place: Place) {
        let added = self.change(group, |group| group.visible.insert(place));
        self.visible += usize::from(added);
    }

    pub(super) fn remove(&mut self, group: &GroupId, place: Place) {
        let removed = self.change(group, |group| group.visible.remove(&place));
        self.visible -= usize::from(removed);
    }

    /// One more message of this group is in flight.
    pub(super) fn took_off(&mut self, group: &GroupId) {
        self.change(group, |group| group.in_flight += 1);
    }

    /// One message of this group is no longer in flight.
    pub(super) fn landed(&mut self, group: &GroupId) {
        self.change(group, |group| {
            group.in_flight = group.in_flight.saturating_sub(1);
        });
    }

    fn change<T>(&mut self, id: &GroupId, change: impl FnOnce(&mut Group) -> T) -> T {
        let mut group = self.groups.remove(id).unwrap_or_default();
        if let Some(turn) = turn(id, &group) {
            self.order.remove(&turn);
        }
        let answer = change(&mut group);
        if let Some(turn) = turn(id, &group) {
            self.order.insert(turn);
        }
        // A group is forgotten with its last message, or every tenant that ever was would stay in memory.
        if group.in_flight > 0 || !group.visible.is_empty() {
            self.groups.insert(id.clone(), group);
        }
        answer
    }
}

fn turn(id: &GroupId, group: &Group) -> Option<(usize, Place, GroupId)> {
    let rank = if id.is_some() { group.in_flight } else { 0 };
    let oldest = group.visible.first()?;
    Some((rank, *oldest, id.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(clippy::unnecessary_wraps, reason = "a message may also have no group")]
    fn group(name: &str) -> GroupId {
        Some(name.to_owned())
    }

    fn deliver(turns: &mut Turns, messages: &BTreeMap<u64, (GroupId, Place)>) -> u64 {
        let number = turns.next().unwrap();
        let (group, place) = &messages[&number];
        turns.remove(group, *place);
        turns.took_off(group);
        number
    }

    #[test]
    fn a_quiet_group_does_not_wait_behind_a_noisy_one() {
        let mut turns = Turns::default();
        let mut messages = BTreeMap::new();
        for number in 0..5 {
            let owner = if number < 4 { "noisy" } else { "quiet" };
            turns.add(&group(owner), (number, number));
            messages.insert(number, (group(owner), (number, number)));
        }

        let order: Vec<u64> = (0..5).map(|_| deliver(&mut turns, &messages)).collect();

        assert_eq!(order, [0, 4, 1, 2, 3]);
    }

    #[test]
    fn messages_without_a_group_are_never_behind_their_own_kind() {
        let mut turns = Turns::default();
        turns.took_off(&None);
        turns.took_off(&None);
        turns.add(&None, (1, 1));
        turns.add(&group("a"), (2, 2));

        assert_eq!(turns.next(), Some(1));
    }

    #[test]
    fn nothing_is_kept_of_a_group_without_messages() {
        let mut turns = Turns::default();
        turns.add(&group("a"), (1, 1));
        turns.took_off(&group("a"));
        turns.remove(&group("a"), (1, 1));
        turns.landed(&group("a"));

        assert!(turns.groups.is_empty() && turns.order.is_empty());
        assert_eq!(turns.visible(), 0);
    }
}
