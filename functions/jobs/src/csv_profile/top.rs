//! The commonest values of a column.

use std::cmp::Ordering;

use super::counted::Counted;
use super::profile::CommonValue;
use super::shown::shown;
use super::tally::Tally;

/// How many values a profile names.
const NAMED: usize = 5;

/// A value and its count.
type Candidate<'a> = (&'a [u8], Counted);

/// The commonest values, and whether they are certainly those, with their true counts.
pub(crate) fn commonest(tally: &Tally) -> (Vec<CommonValue>, bool) {
    let mut named = Vec::with_capacity(NAMED + 1);
    let mut rival = tally.floor();
    for candidate in tally.values() {
        if candidate.1.error > 0 {
            rival = rival.max(candidate.1.count);
        }
        insert(&mut named, candidate);
    }
    let exact = tally.floor() == 0 || is_certain(&named, rival);
    let values = named
        .iter()
        .map(|(value, counted)| common_value(value, counted));
    (values.collect(), exact)
}

/// Puts a value in its place among the commonest so far, if it is one of them.
fn insert<'a>(named: &mut Vec<Candidate<'a>>, candidate: Candidate<'a>) {
    let is_full = named.len() == NAMED;
    if is_full
        && named
            .last()
            .is_some_and(|last| by_rank(&candidate, last).is_gt())
    {
        return;
    }
    let place = named.partition_point(|other| by_rank(other, &candidate).is_lt());
    named.insert(place, candidate);
    named.truncate(NAMED);
}

/// The more frequent first; among equals by their bytes.
fn by_rank(one: &Candidate, other: &Candidate) -> Ordering {
    let by_count = other.1.at_least().cmp(&one.1.at_least());
    by_count
        .then_with(|| one.0.cmp(other.0))
        .then_with(|| one.1.tie_breaker().cmp(&other.1.tie_breaker()))
}

/// Whether no other value can have occurred as often as the last of `named`: one that is not counted, or whose count may be
/// too low, occurred at most `rival` times.
fn is_certain(named: &[Candidate], rival: u32) -> bool {
    let Some((_, last)) = named.last() else {
        return false;
    };
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
    use super::super::outlook::Outlook;
    use super::*;

    fn add(tally: &mut Tally, value: &str) {
        let outlook = Outlook {
            columns: 1,
            counters: 64,
            bytes_done: 1,
            bytes_total: 1,
        };
        tally.add(value.as_bytes(), &outlook, 1);
    }

    fn tally_of<'a>(values: impl IntoIterator<Item = &'a str>) -> Tally {
        let mut tally = Tally::default();
        for value in values {
            add(&mut tally, value);
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
                add(&mut tally, frequent);
            }
            add(&mut tally, &number.to_string());
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
            add(&mut tally, &number.to_string());
        }
        for _ in 0..100 {
            add(&mut tally, "late");
        }
        let (named, exact) = commonest(&tally);
        assert!(!exact);
        assert_eq!((named[0].value.as_str(), named[0].count), ("late", 100));
        assert!(named[0].count_at_most.unwrap() > 100);
    }
}
