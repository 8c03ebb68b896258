//! One column while it is being read.

use super::extremes::Extremes;
use super::kind::Value;
use super::moments::Moments;
use super::outlook::Outlook;
use super::profile::{ColumnProfile, ColumnType};
use super::shown::shown;
use super::tally::Tally;
use super::top::commonest;

/// What is known of a column so far.
///
/// As long as every value is counted, that is all that is done: what the values are waits until it can be learnt from the counts,
/// once for each distinct value.
#[derive(Default)]
pub(crate) struct Column {
    name: String,
    empty: u64,
    values: u64,
    exact_bytes: usize,
    narrowest: Option<ColumnType>,
    tally: Tally,
    extremes: Extremes,
    moments: Moments,
}

impl Column {
    /// A column by the name in the header, or by its position, from 1.
    pub(crate) fn new(name: &[u8], position: usize) -> Self {
        let name = if name.is_empty() {
            format!("column-{position}")
        } else {
            shown(name)
        };
        Self {
            name,
            ..Self::default()
        }
    }

    /// Takes in one field; answers by how much [`Self::exact_bytes`] grew.
    pub(crate) fn add(&mut self, field: &[u8], outlook: &Outlook) -> usize {
        if field.is_empty() {
            self.empty += 1;
            return 0;
        }
        self.values += 1;
        let is_new = self.tally.add(field, outlook, self.values);
        if !self.tally.is_exact() {
            self.learn(field, is_new);
        } else if self.tally.is_over_bound() {
            self.give_up_exactness(outlook.counters);
        } else if is_new {
            return self.note_growth();
        }
        0
    }

    fn note_growth(&mut self) -> usize {
        let bytes_before = std::mem::replace(&mut self.exact_bytes, self.tally.bytes());
        self.exact_bytes - bytes_before
    }

    /// Takes in a value whose count may be forgotten.
    fn learn(&mut self, field: &[u8], is_new: bool) {
        if is_new {
            let value = self.read(field);
            add_to(&mut self.moments, value, 1);
            self.extremes.add(value, field);
            self.extremes.add_text(field);
        } else if let Some(ColumnType::Integer | ColumnType::Number) = self.narrowest {
            add_to(&mut self.moments, Value::read(field, self.narrowest), 1);
        }
    }

    /// Reads a value that may be new, and widens the type to it.
    fn read(&mut self, field: &[u8]) -> Value {
        let value = Value::read(field, self.narrowest);
        self.narrowest = Some(value.within(self.narrowest));
        value
    }

    /// Bytes that can be had by [`Self::give_up_exactness`].
    pub(crate) fn exact_bytes(&self) -> usize {
        self.exact_bytes
    }

    /// From now on estimates the distinct values, and counts only frequent ones.
    pub(crate) fn give_up_exactness(&mut self, counters: usize) {
        self.learn_from_counts();
        self.learn_texts();
        self.tally.give_up(counters);
        self.exact_bytes = 0;
    }

    /// What all the values are and come to, each read once. The order of texts is left out: only few columns need it.
    ///
    /// A value longer than what is kept of it is text, and so is what is kept.
    fn learn_from_counts(&mut self) {
        let tally = std::mem::take(&mut self.tally);
        for (field, counted) in tally.values() {
            let value = self.read(field);
            if value == Value::Text {
                break;
            }
            add_to(&mut self.moments, value, counted.count);
            self.extremes.add(value, field);
        }
        self.tally = tally;
    }

    fn learn_texts(&mut self) {
        for (field, _) in self.tally.values() {
            self.extremes.add_text(field);
        }
    }

    /// What the column holds.
    pub(crate) fn finish(mut self) -> ColumnProfile {
        if self.tally.is_exact() {
            self.learn_from_counts();
        }
        let column_type = self.narrowest.unwrap_or(ColumnType::Text);
        if self.tally.is_exact() && column_type == ColumnType::Text {
            self.learn_texts();
        }
        let is_integer = column_type == ColumnType::Integer;
        let is_numeric = is_integer || column_type == ColumnType::Number;
        let numbers = is_numeric.then_some(&self.moments);
        let (min, max) = self.extremes.of(column_type).unzip();
        let (commonest, commonest_exact) = commonest(&self.tally);
        ColumnProfile {
            name: self.name,
            r#type: column_type,
            empty: self.empty,
            distinct: self.tally.distinct(self.values),
            min,
            max,
            mean: numbers.and_then(|moments| moments.mean(is_integer)),
            standard_deviation: numbers.and_then(Moments::standard_deviation),
            commonest_exact,
            commonest,
        }
    }
}

fn add_to(moments: &mut Moments, value: Value, times: u32) {
    match value {
        Value::Integer(integer) => moments.add_integer(integer, times),
        Value::Number(number) => moments.add(number, times),
        Value::Boolean(_) | Value::Date(_) | Value::Text => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::profile::Bound;
    use super::*;

    const OUTLOOK: Outlook = Outlook {
        columns: 1,
        counters: 64,
        bytes_done: 1,
        bytes_total: 1,
    };

    fn column_of(values: impl IntoIterator<Item = String>) -> Column {
        let mut column = Column::new(b"", 1);
        for value in values {
            column.add(value.as_bytes(), &OUTLOOK);
        }
        column
    }

    #[test]
    fn giving_up_exactness_changes_neither_type_nor_extremes_nor_moments() {
        let values = || (0..1_000).map(|number: i32| ((number * 37) % 251 - 100).to_string());
        let exact = column_of(values()).finish();
        let mut column = column_of(values().take(300));
        column.give_up_exactness(64);
        for value in values().skip(300) {
            column.add(value.as_bytes(), &OUTLOOK);
        }
        let estimated = column.finish();
        assert!(exact.distinct.exact && !estimated.distinct.exact);
        assert_eq!(
            (exact.r#type, &exact.min, &exact.max),
            (estimated.r#type, &estimated.min, &estimated.max)
        );
        assert_eq!(exact.mean, estimated.mean);
        let difference = exact.standard_deviation.unwrap() - estimated.standard_deviation.unwrap();
        assert!(difference.abs() < 1e-9);
    }

    /// Up to three types in a column, in any order.
    fn values() -> impl Strategy<Value = Vec<String>> {
        let numbers = "-?[0-9]{1,3}|[0-9]{17,20}|-?[0-9]{1,2}\\.[0-9]{1,3}";
        let others = "true|FALSE|2024-0[1-9]-[0-3][0-9]|[a-cé]{0,3}|x{60,70}";
        prop_oneof![
            prop::collection::vec(numbers, 1..60),
            prop::collection::vec(prop_oneof![9 => numbers, 1 => others], 1..60),
            prop::collection::vec(others, 1..60),
        ]
    }

    proptest! {
        #[test]
        fn when_a_column_gives_up_exactness_changes_nothing_else(values in values(), exact_for in 0_usize..60) {
            let exact = column_of(values.iter().cloned()).finish();
            let mut column = column_of(values.iter().take(exact_for).cloned());
            column.give_up_exactness(64);
            for value in values.iter().skip(exact_for) {
                column.add(value.as_bytes(), &OUTLOOK);
            }
            let other = column.finish();
            prop_assert_eq!((exact.r#type, exact.empty), (other.r#type, other.empty));
            prop_assert_eq!((&exact.min, &exact.max, &exact.commonest), (&other.min, &other.max, &other.commonest));
            let close = |one: Option<f64>, other: Option<f64>| match (one, other) {
                (Some(one), Some(other)) => (one - other).abs() <= 1e-9 * one.abs().max(1.0),
                (one, other) => one == other,
            };
            prop_assert!(close(exact.mean, other.mean), "{:?} {:?}", exact.mean, other.mean);
            prop_assert!(close(exact.standard_deviation, other.standard_deviation));
        }
    }

    #[test]
    fn a_column_that_turns_to_text_has_the_extremes_of_text() {
        let profile = column_of(["9", "10", "x", "2024-01-01"].map(str::to_owned)).finish();
        assert_eq!(profile.min, Some(Bound::Text("10".into())));
        assert_eq!(profile.max, Some(Bound::Text("x".into())));
        assert_eq!((profile.mean, profile.standard_deviation), (None, None));
    }

    #[test]
    fn a_column_without_values_is_text_and_has_no_extremes() {
        let profile = column_of([String::new(), String::new()]).finish();
        assert_eq!(
            (profile.r#type, profile.empty, profile.distinct.count),
            (ColumnType::Text, 2, 0)
        );
        assert_eq!((profile.min, profile.commonest.len()), (None, 0));
    }
}
