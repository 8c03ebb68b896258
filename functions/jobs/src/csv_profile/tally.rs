//! Counting the values of one column: all of them while they are few, then the frequent ones.

use hashbrown::HashTable;

use super::budget::{EXACT_VALUES, KEPT_BYTES};
use super::counted::Counted;
use super::key::Key;
use super::outlook::Outlook;
use super::profile::Distinct;
use super::sketch::{METHOD, STANDARD_ERROR, Sketch};

/// Room that a table begins with: 32 slots take so many.
const FEWEST: usize = 28;

/// How many times as large a table gets at once, at most: in one much too large, what there is lies far apart.
const STRIDE: usize = 16;

/// Values and how often each occurs.
///
/// Beyond the exact bound it keeps the most frequent values by the Space-Saving rule (Metwally,
/// Agrawal, El Abbadi 2005), in batches: when the counters run out, the smaller half is forgotten and
/// the largest count among those becomes the `floor`. A value that is not counted occurred at most
/// `floor` times, so one that comes (back) starts from there, and the floor it started from is its error.
#[derive(Default)]
pub(crate) struct Tally {
    /// Positions in `counts`, by hash: 4 bytes a slot stay in the cache where 24 would not.
    places: HashTable<u32>,
    counts: Vec<Counted>,
    kept: Vec<u8>,
    floor: u32,
    last: usize,
    estimate: Option<Estimate>,
}

/// What takes the place of an exact count.
struct Estimate {
    sketch: Sketch,
    counters: usize,
    /// Distinct values when the exact count was given up: there are at least as many.
    at_least: usize,
}

impl Tally {
    /// Counts `field`; answers whether it is new, as far as is known. `outlook` is for the `values` that the column has had.
    ///
    /// In many texts neighbours have the same value: that case needs no search.
    ///
    /// Values of up to eight bytes are told apart by their keys alone, others by their keys and their first 65 bytes: long ones
    /// that agree in these, in their length and in a 64-bit hash of all of them, are taken for the same.
    pub(crate) fn add(&mut self, field: &[u8], outlook: &Outlook, values: u64) -> bool {
        let key = Key::of(field);
        let prefix = &field[..field.len().min(KEPT_BYTES)];
        let kept = &self.kept;
        let is_same = |counted: &Counted| {
            counted.key() == key && (key.says_all() || kept[counted.range()] == *prefix)
        };
        // The table may have been rebuilt since: whatever is now in that place is compared like any other.
        if let Some(counted) = self.counts.get_mut(self.last)
            && is_same(counted)
        {
            counted.count_again();
            return false;
        }
        if let Some(estimate) = &mut self.estimate {
            estimate.sketch.insert_hash(key.hash);
        }
        if let Some(place) = self
            .places
            .find(key.hash, |place| is_same(&self.counts[*place as usize]))
        {
            self.last = *place as usize;
            self.counts[self.last].count_again();
            return false;
        }
        if self.counts.len() == self.places.capacity() {
            self.make_room(outlook, values);
        }
        self.push(key, prefix);
        self.forget_if_full();
        true
    }

    fn push(&mut self, key: Key, prefix: &[u8]) {
        self.last = self.counts.len();
        // The tables' budget keeps the text far below 4 GiB.
        let start = u32::try_from(self.kept.len()).unwrap_or(u32::MAX);
        self.kept.extend_from_slice(prefix);
        self.counts.push(Counted {
            hash: key.hash,
            length: key.length,
            count: self.floor.saturating_add(1),
            error: self.floor,
            start,
        });
        place(&mut self.places, &self.counts, self.last);
    }

    /// Makes room for as many values as there may be, and at least for twice as many as there are.
    #[cold]
    fn make_room(&mut self, outlook: &Outlook, values: u64) {
        let count = self.counts.len();
        let expected = match &self.estimate {
            Some(_) => 0,
            None => outlook.distinct_values(count, values),
        };
        let room = expected.clamp(2 * count, STRIDE * count).max(FEWEST);
        self.counts.reserve_exact(room - count);
        self.kept
            .reserve((room - count) * self.kept.len().div_ceil(count.max(1)));
        // The old one is of no use for the new one: reading the counts in their order is faster.
        self.places = HashTable::new();
        self.places = HashTable::with_capacity(room);
        for index in 0..count {
            place(&mut self.places, &self.counts, index);
        }
    }

    /// Whether all values are counted.
    pub(crate) fn is_exact(&self) -> bool {
        self.estimate.is_none()
    }

    /// Whether there are more distinct values than one column may count exactly.
    pub(crate) fn is_over_bound(&self) -> bool {
        self.is_exact() && self.counts.len() > EXACT_VALUES
    }

    /// Bytes that the counts take. Room that was never written to takes none.
    pub(crate) fn bytes(&self) -> usize {
        self.places.allocation_size() + size_of_val(self.counts.as_slice()) + self.kept.len()
    }

    /// Gives up the exact count: from now on an estimate, and `counters` frequent values.
    pub(crate) fn give_up(&mut self, counters: usize) {
        let mut sketch = Sketch::new();
        for counted in &self.counts {
            sketch.insert_hash(counted.hash);
        }
        let at_least = self.counts.len();
        self.estimate = Some(Estimate {
            sketch,
            counters,
            at_least,
        });
        self.forget_if_full();
    }

    fn forget_if_full(&mut self) {
        match &self.estimate {
            Some(estimate) if self.counts.len() > estimate.counters => {
                self.forget(estimate.counters);
            }
            _ => {}
        }
    }

    /// Keeps at most half as many values as there are counters.
    fn forget(&mut self, counters: usize) {
        let mut ranked: Vec<u32> = self.counts.iter().map(|counted| counted.count).collect();
        let (_, floor, _) =
            ranked.select_nth_unstable_by(counters / 2, |one, other| other.cmp(one));
        self.floor = *floor;
        let mut places = HashTable::with_capacity(counters + 1);
        let mut counts = Vec::<Counted>::with_capacity(counters + 1);
        let mut kept = Vec::with_capacity(self.kept.len().min(counters * KEPT_BYTES));
        for counted in self
            .counts
            .iter()
            .filter(|counted| counted.count > self.floor)
        {
            let start = u32::try_from(kept.len()).unwrap_or(u32::MAX);
            kept.extend_from_slice(&self.kept[counted.range()]);
            counts.push(Counted { start, ..*counted });
            place(&mut places, &counts, counts.len() - 1);
        }
        (self.places, self.counts, self.kept) = (places, counts, kept);
    }

    /// The values that are counted, in no particular order; of a long one, its first 65 bytes.
    pub(crate) fn values(&self) -> impl Iterator<Item = (&[u8], Counted)> {
        self.counts
            .iter()
            .map(|counted| (&self.kept[counted.range()], *counted))
    }

    /// How often a value that is not among [`Self::values`] can have occurred.
    pub(crate) fn floor(&self) -> u32 {
        self.floor
    }

    /// How many distinct values there are among `total`.
    pub(crate) fn distinct(&self, total: u64) -> Distinct {
        let Some(estimate) = &self.estimate else {
            let count = self.counts.len() as u64;
            return Distinct {
                count,
                exact: true,
                method: None,
                standard_error: None,
            };
        };
        let count = (estimate.sketch.estimate() as u64)
            .max(estimate.at_least as u64)
            .min(total);
        let (method, standard_error) = (Some(METHOD), Some(STANDARD_ERROR));
        Distinct {
            count,
            exact: false,
            method,
            standard_error,
        }
    }
}

/// Notes in `places` where one of the `counts` is.
fn place(places: &mut HashTable<u32>, counts: &[Counted], index: usize) {
    let index = u32::try_from(index).unwrap_or(u32::MAX);
    let hash_of = |index: &u32| counts[*index as usize].hash;
    places.insert_unique(hash_of(&index), index, hash_of);
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    fn add(tally: &mut Tally, value: impl AsRef<[u8]>) -> bool {
        let outlook = Outlook {
            columns: 1,
            counters: 64,
            bytes_done: 1,
            bytes_total: 1,
        };
        tally.add(value.as_ref(), &outlook, 1)
    }

    #[test]
    fn an_estimate_is_within_four_standard_errors() {
        let mut tally = Tally::default();
        for number in 0..200_000_u32 {
            add(&mut tally, (number / 2).to_string());
            if tally.is_over_bound() {
                tally.give_up(1_024);
            }
        }
        let distinct = tally.distinct(200_000);
        assert!(!distinct.exact);
        assert!(
            distinct.count.abs_diff(100_000) < 4_600,
            "{}",
            distinct.count
        );
        assert!(tally.bytes() < 200_000, "{}", tally.bytes());
    }

    #[test]
    fn long_values_that_differ_only_at_their_end_are_told_apart() {
        let mut tally = Tally::default();
        for end in ["a", "b", "a"] {
            add(&mut tally, format!("{}{end}", "x".repeat(1_000)));
        }
        assert_eq!(tally.distinct(3).count, 2);
        assert!(tally.values().all(|(kept, _)| kept.len() == KEPT_BYTES));
    }

    proptest! {
        /// Lengths around the longest short value and the longest kept one; alike, so that only all of a value tells it apart.
        #[test]
        fn values_are_one_only_if_all_their_bytes_are_the_same(
            values in prop::collection::vec("[ab]{1,10}|a{62,68}[ab]{0,1}|\0{1,9}", 0..300),
        ) {
            let mut tally = Tally::default();
            let mut truth = HashMap::<&str, u32>::new();
            for value in &values {
                prop_assert_eq!(add(&mut tally, value), !truth.contains_key(value.as_str()));
                *truth.entry(value).or_default() += 1;
            }
            let mut counts: Vec<u32> = tally.values().map(|(_, counted)| counted.count).collect();
            let mut true_counts: Vec<u32> = truth.into_values().collect();
            counts.sort_unstable();
            true_counts.sort_unstable();
            prop_assert_eq!(counts, true_counts);
        }

        /// Skewed, so that some values are frequent and many are rare.
        #[test]
        fn true_counts_lie_between_the_bounds_that_are_given(
            values in prop::collection::vec((0_u32..400, 0_u32..400).prop_map(|(one, other)| one * other / 400), 0..2_000),
            exact_for in 0_usize..300,
            counters in 8_usize..64,
        ) {
            let mut tally = Tally::default();
            let mut truth = HashMap::<u32, u32>::new();
            for (position, value) in values.iter().enumerate() {
                if position == exact_for {
                    tally.give_up(counters);
                }
                add(&mut tally, value.to_string());
                *truth.entry(*value).or_default() += 1;
            }
            for (value, counted) in tally.values() {
                let value: u32 = std::str::from_utf8(value).unwrap().parse().unwrap();
                let times = truth.remove(&value).unwrap();
                prop_assert!(counted.at_least() <= times && times <= counted.count);
            }
            prop_assert!(truth.values().all(|times| *times <= tally.floor()));
        }
    }
}
