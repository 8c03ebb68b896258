//! The result: what a CSV text holds.

use serde::Serialize;

/// What a CSV text holds. As JSON it takes less than 350,000 bytes, whatever the text.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Profile {
    /// Records, the header not counted.
    pub rows: u64,
    /// One for each column, in their order.
    pub columns: Vec<ColumnProfile>,
}

/// What one column holds.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct ColumnProfile {
    /// From the header as it stands there, so two columns may have one name; `column-3` for the third
    /// column if its name is empty or there is no header. Cut like a value (see [`Bound::Text`]).
    pub name: String,
    /// The narrowest type that all values fit.
    pub r#type: ColumnType,
    /// Fields of no bytes.
    pub empty: u64,
    /// How many different values there are.
    pub distinct: Distinct,
    /// The smallest value: `None` if there are none.
    pub min: Option<Bound>,
    /// The largest value: `None` if there are none.
    pub max: Option<Bound>,
    /// The mean: of numeric columns, and where it does not exceed an `f64`.
    pub mean: Option<f64>,
    /// The sample standard deviation (n - 1): of numeric columns of at least two values, and where it
    /// does not exceed an `f64`.
    pub standard_deviation: Option<f64>,
    /// Whether `commonest` is certain to be the commonest values with their true counts.
    pub commonest_exact: bool,
    /// Up to five values, the most frequent first; among equals, by their bytes.
    pub commonest: Vec<CommonValue>,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ColumnType {
    /// Whole numbers in the range of an `i64`, as they are printed: `00501`, `+5` and `-0` are none.
    Integer,
    /// Finite decimal numbers as JSON writes them (`-1.5e3`), or without the zero before the point, held as `f64`;
    /// `NaN`, `inf` and numbers beyond an `f64` are none. Integers too, if only some values have a fraction, an
    /// exponent or exceed an `i64`.
    Number,
    /// `true` and `false`, in any case.
    Boolean,
    /// Calendar dates `2024-02-29` and date-times of RFC 3339.
    Date,
    /// Anything else, and columns without any value.
    Text,
}

/// How many different values a column has.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Distinct {
    /// How many, exactly or about.
    pub count: u64,
    /// Whether `count` was counted; otherwise it is an estimate.
    pub exact: bool,
    /// How an estimate was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method: Option<&'static str>,
    /// The relative standard error of an estimate: two of three are closer than this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub standard_error: Option<f64>,
}

/// The smallest or the largest value of a column.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Bound {
    /// Of an integer column.
    Integer(i64),
    /// Of a number column.
    Number(f64),
    /// Of a boolean column; `false` is smaller.
    Boolean(bool),
    /// Of a date column, as the text has it (the order is that of time); or of a text column, in the
    /// order of code points. What takes more than 64 bytes in JSON is cut and ends in `…`.
    Text(String),
}

/// A frequent value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct CommonValue {
    /// The value, cut like [`Bound::Text`].
    pub value: String,
    /// How often it occurs, at least.
    pub count: u64,
    /// How often it occurs at most, where that differs from `count`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count_at_most: Option<u64>,
}
