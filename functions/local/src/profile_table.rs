//! The result of `csv_profile` as a table.

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Row, Table, TableStyle};
use indicatif::{HumanCount, HumanFloatCount};
use serde_json::Value;

const HEADER: [&str; 8] = [
    "column", "type", "empty", "distinct", "min", "max", "mean", "common",
];

/// A line with the number of rows, and a table with one line per column of the file, as wide as the terminal.
pub(crate) fn profile_table(result: &Value) -> String {
    let columns = result["columns"].as_array().into_iter().flatten();
    let mut table = Table::new();
    // At least 72 columns: a terminal that does not know its size says 0.
    let width = table.width().unwrap_or(120).max(72);
    // Easy to read and to pipe through `grep`: a rule below the header and no other lines.
    table
        .load_style(TableStyle::new().header_separator(LineStyle::none().fill('─')))
        .set_header(HEADER)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    for column in columns.clone() {
        let mut row = Row::from(cells(column));
        row.max_height(1);
        table.add_row(row);
    }
    for index in [2, 3, 6] {
        if let Some(counted) = table.column_mut(index) {
            counted.set_cell_alignment(CellAlignment::Right);
        }
    }
    let (rows, columns) = (count(&result["rows"]), columns.count());
    format!("{rows} rows, {columns} columns\n\n{}", table.trim_fmt())
}

fn cells(column: &Value) -> [String; 8] {
    let mean = column["mean"].as_f64().map(HumanFloatCount);
    let distinct = &column["distinct"];
    [
        text(&column["name"]),
        text(&column["type"]),
        count(&column["empty"]),
        format!("{}{}", mark(&distinct["exact"]), count(&distinct["count"])),
        text(&column["min"]),
        text(&column["max"]),
        mean.map_or_else(String::new, |mean| mean.to_string()),
        common(column),
    ]
}

/// A value of the file without separators, because a postcode or a year is not a quantity.
fn text(value: &Value) -> String {
    let text = match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    text.replace(char::is_control, " ")
}

fn count(value: &Value) -> String {
    let count = value.as_u64().map(HumanCount);
    count.map_or_else(String::new, |count| count.to_string())
}

/// Marks an estimate or a lower bound.
fn mark(is_exact: &Value) -> &'static str {
    if *is_exact == false { "~" } else { "" }
}

/// The commonest values with their counts.
fn common(column: &Value) -> String {
    let mark = mark(&column["commonest-exact"]);
    let values = column["commonest"].as_array();
    let entries = values.into_iter().flatten().map(|entry| {
        let (value, count) = (text(&entry["value"]), count(&entry["count"]));
        format!("{value} {mark}×{count}")
    });
    entries.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_column_is_one_line_and_an_estimate_is_marked() {
        let table = profile_table(&json!({"rows": 3376, "columns": [
            {"name": "ci\nty", "type": "text", "empty": 12, "distinct": {"count": 2675, "exact": false}, "min": "Abbeville",
             "max": "a\u{1b}[2J name far too long for a table", "mean": null,
             "commonest-exact": true, "commonest": [{"value": "Houston", "count": 8}, {"value": "Chicago", "count": 5}]},
            {"name": "latitude", "type": "number", "empty": 0, "distinct": {"count": 3375, "exact": true}, "min": 7.3, "max": 71.2, "mean": 40.03652, "commonest-exact": false,
             "commonest": [{"value": 41.1, "count": 2}]}
        ]}));

        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines[0], "3,376 rows, 2 columns");
        assert_eq!(lines.len(), 6, "{table}");
        for (line, cells) in [
            (4, "ci ty text 12 ~2,675 Abbeville"),
            (5, "latitude number 0 3,375 7.3 71.2 40.0365 41.1 ~×2"),
        ] {
            let words: Vec<_> = lines[line].split_whitespace().collect();
            assert!(words.join(" ").starts_with(cells), "{table}");
        }
        assert!(!table.contains('\u{1b}'), "{table:?}");
    }
}
