//! What must hold for any text: compared with a profile made the simple way, and with a reader of
//! physical lines.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::profiler::tests::profile_in_steps;
use super::{Malformed, Options, Problem, Profile};

/// Values of all types, near misses, and what needs quotes.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "-?[0-9]{1,3}",
        2 => "-?[0-9]{1,2}\\.[0-9]{1,2}",
        1 => "true|FALSE|2024-0[1-9]-[0-3][0-9]",
        2 => "[a-cé ,\"\r\n]{0,4}",
        1 => Just(String::new()),
    ]
}

/// Rows of one width; often of few different values, so that columns keep a narrow type.
fn table() -> impl Strategy<Value = Vec<Vec<String>>> {
    (1_usize..5, 1_usize..4).prop_flat_map(|(width, variety)| {
        let pools = prop::collection::vec(prop::collection::vec(value(), variety), width);
        let picks = prop::collection::vec(
            prop::collection::vec(any::<prop::sample::Index>(), width),
            1..30,
        );
        (pools, picks).prop_map(|(pools, picks)| {
            let pick = |row: Vec<prop::sample::Index>| {
                row.iter()
                    .zip(&pools)
                    .map(|(index, pool)| index.get(pool).clone())
                    .collect()
            };
            picks.into_iter().map(pick).collect()
        })
    })
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('"', "\"\""))
}

fn line(row: &[String], line_end: &str) -> String {
    row.iter()
        .map(|value| quoted(value))
        .collect::<Vec<_>>()
        .join(",")
        + line_end
}

fn naive_mean(values: &[f64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "there are few")]
    let count = values.len() as f64;
    values.iter().sum::<f64>() / count
}

fn naive_deviation(values: &[f64]) -> f64 {
    let mean = naive_mean(values);
    #[expect(clippy::cast_precision_loss, reason = "there are few")]
    let freedom = values.len() as f64 - 1.0;
    (values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / freedom)
        .sqrt()
}

fn is_integer(value: &str) -> bool {
    value
        .parse::<i64>()
        .is_ok_and(|integer| integer.to_string() == value)
}

fn is_number(value: &str) -> bool {
    let unsigned = value.strip_prefix('-').unwrap_or(value);
    let has_leading_zero =
        unsigned.len() > 1 && unsigned.starts_with('0') && !unsigned.starts_with("0.");
    !has_leading_zero && !unsigned.starts_with('.') && value.parse::<f64>().is_ok()
}

fn close(actual: Option<f64>, expected: f64) -> bool {
    actual.is_some_and(|actual| (actual - expected).abs() <= 1e-9 * expected.abs().max(1.0))
}

fn check_column(profile: &Profile, index: usize, column: &[&str]) -> Result<(), TestCaseError> {
    let json = serde_json::to_value(&profile.columns[index]).unwrap();
    let values: Vec<&str> = column
        .iter()
        .copied()
        .filter(|value| !value.is_empty())
        .collect();
    let mut counts = BTreeMap::<&str, u64>::new();
    for value in &values {
        *counts.entry(value).or_default() += 1;
    }
    prop_assert_eq!(&json["empty"], column.len() - values.len());
    prop_assert_eq!(&json["distinct"]["count"], counts.len());
    let mut ranked: Vec<_> = counts
        .iter()
        .map(|(value, count)| (std::cmp::Reverse(*count), *value))
        .collect();
    ranked.sort_unstable();
    let named = ranked
        .iter()
        .take(5)
        .map(|(count, value)| serde_json::json!({"value": value, "count": count.0}));
    prop_assert_eq!(&json["commonest"], &named.collect::<serde_json::Value>());
    if values.is_empty() || !values.iter().all(|value| is_number(value)) {
        prop_assert!(json["type"] != "integer" && json["type"] != "number");
        prop_assert!(json["mean"].is_null());
        if json["type"] == "text" {
            prop_assert_eq!(json["min"].as_str(), values.iter().min().copied());
            prop_assert_eq!(json["max"].as_str(), values.iter().max().copied());
        }
        return Ok(());
    }
    let integers = values.iter().all(|value| is_integer(value));
    prop_assert_eq!(&json["type"], if integers { "integer" } else { "number" });
    let numbers: Vec<f64> = values.iter().map(|value| value.parse().unwrap()).collect();
    prop_assert!(close(json["mean"].as_f64(), naive_mean(&numbers)));
    prop_assert_eq!(
        json["min"].as_f64(),
        numbers.iter().copied().reduce(f64::min)
    );
    prop_assert_eq!(
        json["max"].as_f64(),
        numbers.iter().copied().reduce(f64::max)
    );
    if numbers.len() > 1 {
        prop_assert!(close(
            json["standard-deviation"].as_f64(),
            naive_deviation(&numbers)
        ));
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_profile_is_what_the_simple_way_finds(rows in table(), crlf in any::<bool>(), step in 1_usize..200) {
        let line_end = if crlf { "\r\n" } else { "\n" };
        let text: String = rows.iter().map(|row| line(row, line_end)).collect();
        let options = Options { header: false, ..Options::default() };
        let profile = profile_in_steps(text.as_bytes(), options, step).unwrap();
        prop_assert_eq!(profile.rows, rows.len() as u64);
        for index in 0..rows[0].len() {
            let column: Vec<&str> = rows.iter().map(|row| row[index].as_str()).collect();
            check_column(&profile, index, &column)?;
        }
    }

    #[test]
    fn the_size_of_the_steps_does_not_matter(text in "[ab1,\"\n\r]{0,60}", step in 1_usize..20) {
        let whole = profile_in_steps(text.as_bytes(), Options::default(), usize::MAX);
        prop_assert_eq!(profile_in_steps(text.as_bytes(), Options::default(), step), whole);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), header in any::<bool>()) {
        let options = Options { header, ..Options::default() };
        let _ = profile_in_steps(&bytes, options, 16);
    }

    /// Rows that span lines, blank lines and a mark at the start stand before the bad row.
    #[test]
    fn a_ragged_row_is_found_on_its_line(
        rows in table(), endings in prop::collection::vec("(\n|\r\n|\r)(\n|\r\n){0,2}", 30), marked in any::<bool>(),
    ) {
        let good: String = rows.iter().zip(&endings).map(|(row, ending)| line(row, ending)).collect();
        let mark = if marked { "\u{feff}" } else { "" };
        let text = format!("{mark}{good}{}", "x,".repeat(rows[0].len()));
        let options = Options { header: false, ..Options::default() };
        let lines = good.replace("\r\n", "\n").replace('\r', "\n").matches('\n').count() as u64;
        let first_fields = rows[0].len();
        let problem = Problem::Ragged { fields: first_fields + 1, first_line: 1, first_fields };
        prop_assert_eq!(
            profile_in_steps(text.as_bytes(), options, 7),
            Err(Malformed { line: lines + 1, problem })
        );
    }
}
