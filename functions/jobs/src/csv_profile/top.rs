//! The commonest values of a column.

use std::cmp::Ordering;

use super::profile::CommonValue;
use super::shown::shown;
use super::tally::{Counted, Tally};

/// How many values a profile names.
const NAMED: usize = 5;

/// The commonest values, and whether they are certainly those, with their true counts.
pub(crate) fn commonest(tally: &Tally) -> (Vec<CommonValue>, bool) {
    let mut values: Vec<(&[u8], Counted)> = tally.values().collect();
    if values.len() > NAMED {
        values.select_nth_unstable_by(NAMED, by_rank);
    }
    let count = NAMED.min(values.len());
    let (named, others) = values.split_at_mut(count);
    named.sort_unstable_by(by_rank);
    let exact = tally.floor() == 0 || is_certain(named, others, tally.floor());
    (
        named
            .iter()
            .map(|(value, counted)| common_value(value, counted))
            .collect(),
        exact,
    )
}

/// The more frequent first; among equals by their bytes.
fn by_rank(one: &(&[u8], Counted), other: &(&[u8], Counted)) -> Ordering {
    let key = |&(value, counted): &(_, Counted)| (value, counted.tie_breaker());
    other
        .1
        .at_least()
        .cmp(&one.1.at_least())
        .then_with(|| key(one).cmp(&key(other)))
}

/// Whether no other value, counted or not, can have occurred as often as the last of `named`.
fn is_certain(named: &[(&[u8], Counted)], others: &[(&[u8], Counted)], floor: u32) -> bool {
    let Some((_, last)) = named.last() else {
        return false;
    };
    let uncertain = others.iter().filter(|(_, counted)| counted.error > 0);
    let rival = uncertain
        .map(|(_, counted)| counted.count)
        .max()
        .unwrap_or(0)
        .max(floor);
    named.len() == NAMED
        && named.iter().all(|(_, counted)| counted.error == 0)
        && last.count > rival
}

fn common_value(value: &[u8], counted: &Counted) -> CommonValue {
    CommonValue {
        value: shown(value),
        count: counted.at_least().into(),
        count_at_most: (counted.error > 0).then_some(counted.count.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally_of<'a>(values: impl IntoIterator<Item = &'a str>) -> Tally {
        let mut tally = Tally::default();
        for value in values {
            tally.add(value.as_bytes());
        }
        tally
    }

    #[test]
    fn equally_frequent_values_stand_in_the_order_of_their_bytes() {
        let tally = tally_of(["b", "c", "c", "a", "f", "e", "d"]);
        let (named, exact) = commonest(&tally);
        let named: Vec<_> = named
            .iter()
            .map(|common| (common.value.as_str(), common.count))
            .collect();
        assert_eq!(named, [("c", 2), ("a", 1), ("b", 1), ("d", 1), ("e", 1)]);
        assert!(exact);
    }

    #[test]
    fn values_far_more_frequent_than_the_rest_are_certain_even_when_not_all_are_counted() {
        let mut tally = tally_of(["a", "b", "c", "d", "e"]);
        tally.give_up(64);
        for number in 0..1_000 {
            for frequent in ["a", "b", "c", "d", "e"] {
                tally.add(frequent.as_bytes());
            }
            tally.add(number.to_string().as_bytes());
        }
        let (named, exact) = commonest(&tally);
        assert!(exact);
        assert!(
            named
                .iter()
                .all(|common| common.count == 1_001 && common.count_at_most.is_none())
        );
    }

    #[test]
    fn a_value_that_came_late_says_how_far_off_its_count_may_be() {
        let mut tally = tally_of([]);
        tally.give_up(64);
        for number in 0..1_000 {
            tally.add(number.to_string().as_bytes());
        }
        for _ in 0..100 {
            tally.add(b"late");
        }
        let (named, exact) = commonest(&tally);
        assert!(!exact);
        assert_eq!((named[0].value.as_str(), named[0].count), ("late", 100));
        assert!(named[0].count_at_most.unwrap() > 100);
    }
}
