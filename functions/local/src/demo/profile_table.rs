//! The result of a `csv_profile` job as a table that a person likes to read.

mod layout;
mod profile;

use comfy_table::Table;
use serde_json::Value;

use client::numbers::thousands;
use profile::Profile;

/// The width for output that isn't a terminal.
const USUAL_WIDTH: usize = 120;

/// The profile as a heading (`3,376 rows, 7 columns`) and a table that fits the terminal.
///
/// Where the terminal is too narrow for a line a column, minimum and maximum, and mean and standard deviation, stand one
/// above the other. What the result leaves out is left blank, so that a result of another version can still be read.
#[must_use]
pub fn profile_table(result: &Value) -> String {
    let width = Table::new().width().map_or(USUAL_WIDTH, usize::from);
    profile_table_at(result, width)
}

/// The same for a width in terminal columns.
fn profile_table_at(result: &Value, width: usize) -> String {
    let profile = Profile::of(result);
    if profile.columns.is_empty() {
        return heading(&profile);
    }
    format!(
        "{}\n\n{}",
        heading(&profile),
        layout::table(&profile.columns, width)
    )
}

fn heading(profile: &Profile) -> String {
    let counted = |number: u64, noun: &str| {
        let plural = if number == 1 { "" } else { "s" };
        format!("{} {noun}{plural}", thousands(number))
    };
    let columns = counted(profile.columns.len() as u64, "column");
    match profile.rows {
        Some(rows) => format!("{}, {columns}", counted(rows, "row")),
        None => columns,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use client::text::columns;

    fn airports() -> Value {
        json!({"rows": 3376, "columns": [
            {"name": "iata", "type": "text", "empty": 0, "distinct": {"count": 3376, "exact": true}, "min": "00M",
             "max": "ZZV", "mean": null, "standard-deviation": null,
             "commonest": {"exact": true, "values": [{"value": "00M", "count": 1}, {"value": "00R", "count": 1}]}},
            {"name": "city", "type": "text", "empty": 12, "distinct": {"count": 2675, "exact": false},
             "min": "Abbeville", "max": "a name far too long for any table in the world",
             "commonest": [{"value": "Houston", "count": 8}, {"value": "Chicago", "count": 5}, {"value": "", "count": 4}]},
            {"name": "latitude", "type": "decimal", "empty": 0, "distinct": {"count": 3375, "exact": true},
             "min": 7.367_222, "max": 71.285_448_89, "mean": 40.036_524_3, "standard-deviation": 8.329_559,
             "commonest": {"exact": false, "values": [{"value": "41.1", "count": 2}]}}
        ]})
    }

    #[test]
    fn the_heading_counts_rows_and_columns() {
        assert!(profile_table_at(&airports(), 120).starts_with("3,376 rows, 3 columns\n"));
        assert_eq!(
            profile_table_at(&json!({"rows": 1, "columns": []}), 120),
            "1 row, 0 columns"
        );
    }

    #[test]
    fn a_wide_terminal_has_a_line_a_column() {
        let table = profile_table_at(&airports(), 120);
        let line = table
            .lines()
            .find(|line| line.starts_with("latitude"))
            .unwrap();
        let words: Vec<_> = line.split_whitespace().collect();

        assert_eq!(
            words,
            [
                "latitude",
                "decimal",
                "0",
                "3,375",
                "7.367222",
                "71.28544889",
                "40.037",
                "8.33",
                "41.1",
                "~×2"
            ],
            "{table}"
        );
    }

    #[test]
    fn an_estimate_is_marked_and_a_long_value_is_cut() {
        let table = profile_table_at(&airports(), 120);

        assert!(table.contains("~2,675"), "{table}");
        assert!(table.contains("a name far to…"), "{table}");
    }

    #[test]
    fn the_commonest_values_are_told_with_their_counts() {
        let table = profile_table_at(&airports(), 120);

        assert!(
            table.contains("Houston ×8, Chicago ×5, (empty) ×4"),
            "{table}"
        );
        assert!(table.contains("each once"), "{table}");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal() {
        for width in [72, 80, 100, 120, 200] {
            let table = profile_table_at(&airports(), width);

            assert!(
                table.lines().all(|line| columns(line) <= width),
                "at {width}:\n{table}"
            );
        }
    }

    #[test]
    fn a_narrow_terminal_shows_everything_on_two_lines_a_column() {
        let table = profile_table_at(&airports(), 80);

        for text in [
            "7.367222",
            "71.28544889",
            "40.037",
            "8.33",
            "3,375",
            "41.1 ~×2",
            "Houston ×8",
        ] {
            assert!(table.contains(text), "{text} is missing:\n{table}");
        }
    }

    #[test]
    fn a_result_that_is_no_profile_breaks_nothing() {
        for result in [
            json!(null),
            json!([1]),
            json!({"columns": [1, {"distinct": 7, "commonest": [3]}]}),
        ] {
            profile_table_at(&result, 80);
        }
    }

    #[test]
    fn a_value_can_t_break_its_line() {
        let result = json!({"rows": 2, "columns": [{"name": "a\nb", "min": "c\u{1b}[2J\nd"}]});
        let table = profile_table_at(&result, 120);

        assert!(
            table.contains("a b") && table.contains("c [2J d"),
            "{table:?}"
        );
    }
}
