//! How a column's type is found: it only ever widens.

use super::date::{Instant, date};
use super::profile::ColumnType;
use super::value::{boolean, integer, number};

/// A value as its column reads it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Value {
    Integer(i64),
    Number(f64),
    Boolean(bool),
    Date(Instant),
    Text,
}

impl Value {
    /// Reads `field` as the narrowest type that it and the values before it (`column`) both fit.
    pub(crate) fn read(field: &[u8], column: Option<ColumnType>) -> Self {
        let read = match column {
            None => return Self::read_first(field),
            Some(ColumnType::Integer) => integer(field)
                .map(Self::Integer)
                .or_else(|| number(field).map(Self::Number)),
            Some(ColumnType::Number) => number(field).map(Self::Number),
            Some(ColumnType::Boolean) => boolean(field).map(Self::Boolean),
            Some(ColumnType::Date) => date(field).map(Self::Date),
            Some(ColumnType::Text) => None,
        };
        read.unwrap_or(Self::Text)
    }

    fn read_first(field: &[u8]) -> Self {
        let numeric = Self::read(field, Some(ColumnType::Integer));
        [
            numeric,
            Self::read(field, Some(ColumnType::Boolean)),
            Self::read(field, Some(ColumnType::Date)),
        ]
        .into_iter()
        .find(|value| *value != Self::Text)
        .unwrap_or(Self::Text)
    }

    /// The type of a column (so far `column`) once it has this value.
    pub(crate) fn within(self, column: Option<ColumnType>) -> ColumnType {
        match self {
            Self::Integer(_) if column == Some(ColumnType::Number) => ColumnType::Number,
            Self::Integer(_) => ColumnType::Integer,
            Self::Number(_) => ColumnType::Number,
            Self::Boolean(_) => ColumnType::Boolean,
            Self::Date(_) => ColumnType::Date,
            Self::Text => ColumnType::Text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_of(values: &[&str]) -> Option<ColumnType> {
        values.iter().fold(None, |column, value| {
            Some(Value::read(value.as_bytes(), column).within(column))
        })
    }

    #[test]
    fn a_column_has_the_narrowest_type_that_all_its_values_fit() {
        let cases: [(&[&str], ColumnType); 12] = [
            (&["1", "-2"], ColumnType::Integer),
            (&["1", "2.5"], ColumnType::Number),
            (&["2.5", "1"], ColumnType::Number),
            (&["1", "9223372036854775808"], ColumnType::Number),
            (&["00501", "10001"], ColumnType::Text),
            (&["10001", "00501"], ColumnType::Text),
            (&["true", "FALSE"], ColumnType::Boolean),
            (&["true", "1"], ColumnType::Text),
            (&["2024-02-29", "2024-01-01T10:00:00Z"], ColumnType::Date),
            (&["2024-02-29", "2023-02-29"], ColumnType::Text),
            (&["1.5", "NaN"], ColumnType::Text),
            (&["x", "1"], ColumnType::Text),
        ];
        for (values, expected) in cases {
            assert_eq!(type_of(values), Some(expected), "{values:?}");
        }
    }
}
