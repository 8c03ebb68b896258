//! The smallest and the largest value of a column, by each order that its type may yet turn out to need.

use super::budget::KEPT_BYTES;
use super::date::Instant;
use super::kind::Value;
use super::profile::{Bound, ColumnType};
use super::shown::shown;

/// The extremes so far, by each type.
#[derive(Debug, Default)]
pub(crate) struct Extremes {
    integers: Option<(i64, i64)>,
    numbers: Option<(f64, f64)>,
    booleans: Option<(bool, bool)>,
    dates: Option<(Dated, Dated)>,
    texts: Option<(Vec<u8>, Vec<u8>)>,
}

#[derive(Debug, Clone)]
struct Dated {
    instant: Instant,
    text: Vec<u8>,
}

impl Extremes {
    /// Takes in a field and what it was read as, but for the order of texts.
    pub(crate) fn add(&mut self, value: Value, field: &[u8]) {
        match value {
            Value::Integer(integer) => {
                include(&mut self.integers, integer);
                #[expect(clippy::cast_precision_loss, reason = "a number column holds f64")]
                include(&mut self.numbers, integer as f64);
            }
            Value::Number(number) => include(&mut self.numbers, number),
            Value::Boolean(boolean) => include(&mut self.booleans, boolean),
            Value::Date(instant) => self.add_date(instant, field),
            Value::Text => {}
        }
    }

    fn add_date(&mut self, instant: Instant, field: &[u8]) {
        let dated = || Dated {
            instant,
            text: field.to_vec(),
        };
        match &mut self.dates {
            None => self.dates = Some((dated(), dated())),
            Some((first, _)) if instant < first.instant => *first = dated(),
            Some((_, last)) if instant > last.instant => *last = dated(),
            Some(_) => {}
        }
    }

    /// Takes in a field as text: any column may yet become text.
    pub(crate) fn add_text(&mut self, field: &[u8]) {
        let field = &field[..field.len().min(KEPT_BYTES)];
        match &mut self.texts {
            None => self.texts = Some((field.to_vec(), field.to_vec())),
            Some((least, _)) if field < least.as_slice() => replace(least, field),
            Some((_, greatest)) if field > greatest.as_slice() => replace(greatest, field),
            Some(_) => {}
        }
    }

    /// The smallest and the largest value in the order of a type.
    pub(crate) fn of(&self, column: ColumnType) -> Option<(Bound, Bound)> {
        match column {
            ColumnType::Integer => self.integers.map(|pair| both(pair, Bound::Integer)),
            ColumnType::Number => self.numbers.map(|pair| both(pair, Bound::Number)),
            ColumnType::Boolean => self.booleans.map(|pair| both(pair, Bound::Boolean)),
            ColumnType::Date => {
                let (first, last) = self.dates.as_ref()?;
                Some(both((&first.text, &last.text), |text| {
                    Bound::Text(shown(text))
                }))
            }
            ColumnType::Text => {
                let (least, greatest) = self.texts.as_ref()?;
                Some(both((least, greatest), |text| Bound::Text(shown(text))))
            }
        }
    }
}

fn include<T: PartialOrd + Copy>(extremes: &mut Option<(T, T)>, value: T) {
    match extremes {
        None => *extremes = Some((value, value)),
        Some((least, _)) if value < *least => *least = value,
        Some((_, greatest)) if value > *greatest => *greatest = value,
        Some(_) => {}
    }
}

/// Keeps the allocation: sorted columns replace an extreme at every row.
fn replace(kept: &mut Vec<u8>, field: &[u8]) {
    kept.clear();
    kept.extend_from_slice(field);
}

fn both<T>((least, greatest): (T, T), bound: impl Fn(T) -> Bound) -> (Bound, Bound) {
    (bound(least), bound(greatest))
}
