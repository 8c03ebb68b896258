use serde_json::Value;

use client::numbers::{decimal, thousands};
use client::text::printable;

/// As much of a profile as a result has.
pub(super) struct Profile {
    pub(super) rows: Option<u64>,
    pub(super) columns: Vec<Column>,
}

/// A column of the profiled file, in words; what is unknown is an empty string.
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) empty: String,
    pub(super) distinct: String,
    pub(super) min: String,
    pub(super) max: String,
    pub(super) mean: String,
    pub(super) deviation: String,
    pub(super) commonest: Vec<Common>,
}

/// One of the commonest values.
pub(super) struct Common {
    pub(super) value: String,
    pub(super) count: u64,
    pub(super) exact: bool,
}

impl Profile {
    pub(super) fn of(result: &Value) -> Self {
        let columns = result["columns"]
            .as_array()
            .map(|columns| columns.iter().map(Column::of).collect());
        Self {
            rows: result["rows"].as_u64(),
            columns: columns.unwrap_or_default(),
        }
    }
}

impl Column {
    fn of(column: &Value) -> Self {
        Self {
            name: value(&column["name"]),
            kind: value(&column["type"]),
            empty: column["empty"].as_u64().map(thousands).unwrap_or_default(),
            distinct: distinct(&column["distinct"]),
            min: value(&column["min"]),
            max: value(&column["max"]),
            mean: column["mean"].as_f64().map(decimal).unwrap_or_default(),
            deviation: column["standard-deviation"]
                .as_f64()
                .map(decimal)
                .unwrap_or_default(),
            commonest: commonest(&column["commonest"]),
        }
    }
}

/// A value of the file as it stands there: a postcode or a year is no quantity, so it gets no separators.
fn value(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => printable(text),
        other => other.to_string(),
    }
}

/// A count, or an object of a count and whether it is exact; `~` marks an estimate.
fn distinct(distinct: &Value) -> String {
    let estimate = if distinct["exact"] == false { "~" } else { "" };
    let count = distinct.as_u64().or_else(|| distinct["count"].as_u64());
    count
        .map(|count| format!("{estimate}{}", thousands(count)))
        .unwrap_or_default()
}

/// An array of value and count, or an object of that and whether the counts are exact.
fn commonest(commonest: &Value) -> Vec<Common> {
    let exact = commonest["exact"] != false;
    let values = commonest
        .as_array()
        .or_else(|| commonest["values"].as_array());
    let common = |entry: &Value| {
        let count = entry["count"].as_u64()?;
        let text = value(&entry["value"]);
        Some(Common {
            value: if text.is_empty() {
                "(empty)".to_owned()
            } else {
                text
            },
            count,
            exact,
        })
    };
    values
        .map(|values| values.iter().filter_map(common).collect())
        .unwrap_or_default()
}
