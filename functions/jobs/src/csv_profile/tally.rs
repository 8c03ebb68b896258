//! Counting the values of one column: all of them while they are few, then the frequent ones.

use std::ops::Range;

use cardinality_estimator::CardinalityEstimator;
use hashbrown::HashTable;
use hashbrown::hash_table::Entry as Slot;
use rapidhash::v3::rapidhash_v3;

use super::budget::{EXACT_VALUES, KEPT_BYTES};
use super::profile::Distinct;

/// Registers of the sketch, as a power of two: 6 KiB a column.
const PRECISION: usize = 13;

/// 1.04 / √(2^13): the relative standard error that the sketch's documentation gives for its registers.
const STANDARD_ERROR: f64 = 0.0115;

/// What an estimate is based on.
const METHOD: &str = "HyperLogLog (LogLog-Beta), 8192 registers";

/// The hash is the same in every run, so that a text has one profile.
type Sketch = CardinalityEstimator<[u8], NoHasher, PRECISION>;

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

/// A value and its count.
///
/// 24 bytes: 50,000 of them are the largest part of a profile's memory. A count of more than four billion stays there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    hash: u64,
    /// How often the value occurs, at most.
    pub(crate) count: u32,
    /// By how much `count` may be too high.
    pub(crate) error: u32,
    start: u32,
    length: u32,
}

impl Tally {
    /// Counts `field`; answers whether it is new, as far as is known.
    ///
    /// In many texts neighbours have the same value: that case needs no hash and no search.
    ///
    /// Values are compared by their length, their first 65 bytes and a 64-bit hash of all of them: longer ones that agree in
    /// these are taken for the same.
    pub(crate) fn add(&mut self, field: &[u8]) -> bool {
        if self.count_repeated(field) {
            return false;
        }
        let hash = rapidhash_v3(field);
        if let Some(estimate) = &mut self.estimate {
            estimate.sketch.insert_hash(hash);
        }
        let length = u32::try_from(field.len()).unwrap_or(u32::MAX);
        let prefix = &field[..field.len().min(KEPT_BYTES)];
        let (counts, kept) = (&self.counts, &self.kept);
        let is_same = |place: &u32| {
            let counted = &counts[*place as usize];
            counted.hash == hash && counted.length == length && kept[counted.range()] == *prefix
        };
        let hash_of = |place: &u32| counts[*place as usize].hash;
        match self.places.entry(hash, is_same, hash_of) {
            Slot::Occupied(slot) => {
                self.last = *slot.get() as usize;
                let counted = &mut self.counts[self.last];
                counted.count = counted.count.saturating_add(1);
                return false;
            }
            Slot::Vacant(slot) => {
                // The tables' budget keeps the text far below 4 GiB.
                let start = u32::try_from(self.kept.len()).unwrap_or(u32::MAX);
                let count = self.floor.saturating_add(1);
                self.last = self.counts.len();
                slot.insert(u32::try_from(self.last).unwrap_or(u32::MAX));
                self.counts.push(Counted {
                    hash,
                    count,
                    error: self.floor,
                    start,
                    length,
                });
                self.kept.extend_from_slice(prefix);
            }
        }
        self.forget_if_full();
        true
    }

    /// Counts `field` if it is the value that was counted last; answers whether it was.
    ///
    /// The table may have been rebuilt since: whatever is now in that place is compared in full.
    fn count_repeated(&mut self, field: &[u8]) -> bool {
        let kept = &self.kept;
        match self.counts.get_mut(self.last) {
            Some(counted)
                if field.len() <= KEPT_BYTES
                    && kept[counted.range()] == *field
                    && counted.length as usize == field.len() =>
            {
                counted.count = counted.count.saturating_add(1);
                true
            }
            _ => false,
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

    /// Bytes that the counts take.
    pub(crate) fn bytes(&self) -> usize {
        let counts = self.counts.capacity() * size_of::<Counted>();
        self.places.allocation_size() + counts + self.kept.capacity()
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
            let place = u32::try_from(counts.len()).unwrap_or(u32::MAX);
            places.insert_unique(counted.hash, place, |place| counts[*place as usize].hash);
            counts.push(Counted { start, ..*counted });
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

impl Counted {
    fn range(&self) -> Range<usize> {
        let start = self.start as usize;
        start..start + (self.length as usize).min(KEPT_BYTES)
    }

    /// How often the value occurs, at least.
    pub(crate) fn at_least(&self) -> u32 {
        self.count - self.error
    }

    /// Tells values apart whose kept bytes are the same.
    pub(crate) fn tie_breaker(&self) -> (u32, u64) {
        (self.length, self.hash)
    }
}

/// The sketch is only ever given hashes.
#[derive(Default)]
struct NoHasher;

impl std::hash::Hasher for NoHasher {
    fn write(&mut self, _bytes: &[u8]) {}

    fn finish(&self) -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_estimate_is_within_four_standard_errors() {
        let mut tally = Tally::default();
        for number in 0..200_000_u32 {
            tally.add(format!("{}", number / 2).as_bytes());
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
            tally.add(format!("{}{end}", "x".repeat(1_000)).as_bytes());
        }
        assert_eq!(tally.distinct(3).count, 2);
        assert!(tally.values().all(|(kept, _)| kept.len() == KEPT_BYTES));
    }

    proptest! {
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
                tally.add(value.to_string().as_bytes());
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
