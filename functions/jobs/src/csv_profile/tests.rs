//! Profiles of small texts, of limits, and of texts made at random.
//!
//! Over 300 lines: one short test for each property of a profile.

use std::collections::BTreeMap;

use engine::test_kit::{self, Attempt};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn job(csv: &str) -> CsvProfile {
    serde_json::from_value(json!({"csv": csv})).unwrap()
}

/// The profile of a text.
async fn profile_of(job: CsvProfile) -> Value {
    serde_json::to_value(test_kit::run(job).await.result.unwrap()).unwrap()
}

/// The message of the permanent error that a text ends with.
async fn refusal_of(csv: &str) -> String {
    let run = test_kit::run(job(csv)).await;
    let Err(JobError::Permanent(failure)) = run.result else {
        panic!("not permanent")
    };
    assert_eq!(failure.code(), "malformed-csv");
    failure.message().to_owned()
}

/// The only column of a text without a header.
async fn column_of(values: impl IntoIterator<Item = impl AsRef<str>>) -> Value {
    let quoted = |value: &str| format!("\"{}\"\n", value.replace('"', "\"\""));
    let mut csv = String::new();
    csv.extend(values.into_iter().map(|value| quoted(value.as_ref())));
    let mut job = job(&csv);
    job.header = false;
    profile_of(job).await["columns"][0].take()
}

#[tokio::test]
async fn it_says_what_is_in_the_text() {
    let run = test_kit::run(job(
        "\u{feff}zip,city,inhabitants\r\n00501,Holtsville,10\r\n\r\n00544,Holtsville,\r\n06390,\"Fishers Island, NY\",12\r\n",
    ))
    .await;

    let profile = serde_json::to_value(run.result.unwrap()).unwrap();
    assert_eq!(profile["rows"], 3);
    let [zip, city, inhabitants] = [0, 1, 2].map(|column| &profile["columns"][column]);
    assert_eq!(
        (&zip["name"], &zip["type"], &zip["min"]),
        (&json!("zip"), &json!("text"), &json!("00501"))
    );
    assert_eq!(
        city["commonest"],
        json!([{"value": "Holtsville", "count": 2}, {"value": "Fishers Island, NY", "count": 1}])
    );
    assert_eq!(
        *inhabitants,
        json!({
            "name": "inhabitants", "type": "integer", "empty": 1, "distinct": {"count": 2, "exact": true},
            "min": 10, "max": 12, "mean": 11.0, "standard-deviation": std::f64::consts::SQRT_2,
            "commonest-exact": true, "commonest": [{"value": "10", "count": 1}, {"value": "12", "count": 1}],
        })
    );
    assert_eq!(run.progress.percent, Percent::DONE);
    assert_eq!(run.progress.summary.as_deref(), Some("profiled 3 rows"));
}

#[tokio::test]
async fn a_column_has_the_first_type_that_fits_all_its_values() {
    let cases = [
        ("||", r#"["empty", null, null]"#),
        ("3|-2|10", r#"["integer", -2, 10]"#),
        ("1|2.5|-1e3", r#"["number", -1e3, 2.5]"#),
        ("2.5|1", r#"["number", 1, 2.5]"#),
        ("10001|00501", r#"["text", "00501", "10001"]"#),
        ("9|10|x", r#"["text", "10", "x"]"#),
        ("1.5|NaN", r#"["text", "1.5", "NaN"]"#),
        ("1| 2", r#"["text", " 2", "1"]"#),
        ("+5|1e999", r#"["text", "+5", "1e999"]"#),
        ("true|FALSE", r#"["boolean", false, true]"#),
        ("true|1", r#"["text", "1", "true"]"#),
        (
            "2024-02-29|1969-07-20",
            r#"["date", "1969-07-20", "2024-02-29"]"#,
        ),
        (
            "2024-02-29|2023-02-29",
            r#"["text", "2023-02-29", "2024-02-29"]"#,
        ),
        (
            "2000-01-01T00:30:00+00:32|2000-01-01T00:00:00-00:02|2000-01-01",
            r#"["date", "2000-01-01T00:30:00+00:32", "2000-01-01T00:00:00-00:02"]"#,
        ),
        (
            "2000-01-01T10:00:00|2000-01-01 09:00:00.5",
            r#"["date", "2000-01-01 09:00:00.5", "2000-01-01T10:00:00"]"#,
        ),
    ];
    for (values, expected) in cases {
        let column = column_of(values.split('|')).await;
        let found = ["type", "min", "max"].map(|member| &column[member]);
        assert_eq!(json!(found), expected.parse::<Value>().unwrap(), "{values}");
    }
}

#[tokio::test]
async fn columns_are_named_by_the_header_or_by_their_position() {
    let names = async |header| {
        let mut job = job("a,,a\n1,2,3\n");
        job.header = header;
        let profile = profile_of(job).await;
        [0, 1, 2].map(|column| profile["columns"][column]["name"].clone())
    };
    assert_eq!(names(true).await, ["a", "column-2", "a"]);
    assert_eq!(names(false).await, ["column-1", "column-2", "column-3"]);
}

#[tokio::test]
async fn fields_are_separated_by_the_delimiter() {
    let mut job = job("a;b\n1,5;2\n");
    job.delimiter = ';';
    let columns = profile_of(job).await["columns"].take();
    assert_eq!(
        (&columns[0]["max"], &columns[1]["max"]),
        (&json!("1,5"), &json!(2))
    );
}

#[tokio::test]
async fn a_malformed_text_is_a_permanent_error_that_names_the_row() {
    let wide = vec!["x"; MAX_COLUMNS].join(",");
    let open = "row 3 has a quote that is not closed, or exceeds 1 MiB";
    let cases = [
        (
            "a,b\n1,2\n3\n".to_owned(),
            "row 3 has 1 fields instead of 2",
        ),
        (
            "\na,b\n\"1\n1\",2\r\n\r\n3,4,5".to_owned(),
            "row 3 has 3 fields instead of 2",
        ),
        ("a,b\n1,2\n3,\"4\n5,6\n".to_owned(), open),
        ("a\n1\n\"2\"\"".to_owned(), open),
        (format!("a\n1\n\"{}\"", "x".repeat(2 << 20)), open),
        (format!("{wide},x\n"), "row 1 has more than 128 fields"),
    ];
    for (csv, expected) in cases {
        assert_eq!(refusal_of(&csv).await, expected);
    }
    let profile = profile_of(job(&format!("{wide}\n{wide}"))).await;
    assert_eq!(profile["columns"].as_array().unwrap().len(), MAX_COLUMNS);
}

/// A stream may have bytes that no JSON string has.
#[test]
fn a_stream_that_is_not_utf_8_is_refused() {
    for text in [&b"a,b\n1,\xff\n"[..], b"a,b\n1,\xc3", b"a,b\n\xc3,\xa9\n"] {
        let mut records = Records::new(text, b',');
        assert_eq!(records.read(0).unwrap().unwrap(), ["a", "b"]);
        let Err(JobError::Permanent(failure)) = records.read(2) else {
            panic!("not permanent")
        };
        assert_eq!(failure.message(), "row 2 is not UTF-8");
    }
}

#[test]
fn an_error_of_the_stream_is_retryable() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("reset"))
        }
    }
    let error = Records::new(Broken, b',').read(0).unwrap_err();
    assert!(matches!(error, JobError::Retry { .. }));
}

#[tokio::test]
async fn a_canceled_profile_stops_and_has_said_how_far_it_is() {
    let long = job(&format!("a\n{}", "1\n".repeat(1 << 20)));
    let run = Attempt::of(long)
        .run_until(|progress| progress.percent >= Percent::new(50))
        .await;
    assert!(run.result.is_none());
    let summary = run.progress.summary.unwrap();
    let rows = summary.strip_prefix("profiled ").unwrap();
    let rows: u64 = rows.strip_suffix(" rows").unwrap().parse().unwrap();
    assert!((500_000..600_000).contains(&rows), "{rows}");
}

#[test]
fn an_input_is_refused_where_its_schema_says() {
    let pointer = |input| {
        let job: CsvProfile = serde_json::from_value(input).unwrap();
        job.validate().err().map(|invalid| invalid.pointer)
    };
    assert_eq!(pointer(json!({"csv": ""})), Some("/csv".to_owned()));
    for bad in ["\"", "\r", "\n", "é"] {
        let input = json!({"csv": "a", "delimiter": bad});
        assert_eq!(pointer(input), Some("/delimiter".to_owned()), "{bad:?}");
    }
    for good in [";", "\t", "|", " "] {
        let input = json!({"csv": "a", "delimiter": good, "header": false});
        assert_eq!(pointer(input), None, "{good:?}");
    }
    let two = json!({"csv": "a", "delimiter": "::"});
    assert!(serde_json::from_value::<CsvProfile>(two).is_err());
}

#[tokio::test]
async fn a_long_value_is_cut_between_characters_and_yet_counted_as_a_whole() {
    let long = "é".repeat(SHOWN_CHARS);
    let column = column_of([&format!("{long}1"), &format!("{long}2"), &long]).await;
    assert_eq!(column["distinct"], json!({"count": 3, "exact": true}));
    assert_eq!(
        (&column["min"], &column["max"]),
        (&json!(long), &json!(format!("{long}…")))
    );
}

/// 100,000 values are more than a column counts.
#[tokio::test]
async fn the_distinct_values_of_a_large_column_are_estimated_and_its_commonest_found() {
    let values = (0..100_000).flat_map(|number| [number.to_string(), "-1".to_owned()]);
    let column = column_of(values).await;

    assert_eq!(column["distinct"]["exact"], false);
    let distinct = column["distinct"]["count"].as_f64().unwrap();
    // Three standard errors.
    assert!((95_200.0..104_800.0).contains(&distinct), "{distinct}");
    assert_eq!(
        (&column["min"], &column["max"]),
        (&json!(-1), &json!(99_999))
    );
    let mean = column["mean"].as_f64().unwrap();
    assert!((mean - 24_999.25).abs() < 1e-6, "{mean}");
    assert_eq!(column["commonest-exact"], false);
    let commonest = &column["commonest"][0];
    assert_eq!(commonest["value"], "-1");
    // Each forgetting takes one of everything, so at most 200,000 / 65,536.
    assert!((99_996..=100_000).contains(&commonest["count"].as_u64().unwrap()));
}

/// A control character takes six bytes of JSON.
#[tokio::test]
async fn the_largest_profile_can_be_stored() {
    let field = |number| format!("{:\u{1}>60}", char::from_u32(0x4000 + number).unwrap());
    let row = |row| {
        (0..128)
            .map(|column| field(row * 128 + column))
            .collect::<Vec<_>>()
    };
    let row = |number: u32| row(number).join(",") + "\n";
    let profile = profile_of(job(&(0..6).map(row).collect::<String>())).await;
    let json = profile.to_string();
    assert!(
        (250_000..engine::MAX_RESULT_BYTES).contains(&json.len()),
        "{}",
        json.len()
    );
}

/// A stream that comes in pieces of this size.
struct Pieces<'text>(&'text [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let size = self.1.min(buffer.len());
        self.0.read(&mut buffer[..size])
    }
}

proptest! {
    #[test]
    fn a_text_is_read_as_it_was_written_however_it_arrives(
        rows in prop::collection::vec(prop::collection::vec("[a-cé ,\"\r\n]{0,4}", 3), 1..20), size in 1_usize..50,
    ) {
        let quoted = |value: &String| format!("\"{}\"", value.replace('"', "\"\""));
        let line = |row: &Vec<String>| row.iter().map(quoted).collect::<Vec<_>>().join(",") + "\r\n";
        let text: String = rows.iter().map(line).collect();
        let mut records = Records::new(Pieces(text.as_bytes(), size), b',');
        for row in &rows {
            prop_assert_eq!(&records.read(3).unwrap().unwrap(), row);
        }
        prop_assert!(records.read(3).unwrap().is_none());
    }

    #[test]
    fn no_bytes_make_it_panic_or_read_forever(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut records = Records::new(&bytes[..], b',');
        while let Ok(Some(fields)) = records.read(1) {
            prop_assert_eq!(fields.len(), 1);
        }
    }

    #[test]
    fn a_column_counts_as_the_simple_way_does(values in prop::collection::vec("-?[1-9]{1,2}(\\.[1-9])?", 2..40)) {
        let mut column = Column::all(&["x"], true).remove(0);
        let mut counts = BTreeMap::new();
        for value in &values {
            column.add(value);
            *counts.entry(value.as_str()).or_insert(0_u64) += 1;
        }
        let profile = serde_json::to_value(column.finish()).unwrap();
        let numbers: Vec<f64> = values.iter().map(|value| value.parse().unwrap()).collect();
        let count = f64::from(u32::try_from(numbers.len()).unwrap());
        let mean = numbers.iter().sum::<f64>() / count;
        let squares: f64 = numbers.iter().map(|number| (number - mean).powi(2)).sum();
        let close = |actual: &Value, expected: f64| (actual.as_f64().unwrap() - expected).abs() < 1e-9;
        prop_assert!(close(&profile["mean"], mean));
        prop_assert!(close(&profile["standard-deviation"], (squares / (count - 1.0)).sqrt()));
        prop_assert!(close(&profile["min"], numbers.iter().copied().fold(f64::MAX, f64::min)));
        prop_assert!(close(&profile["max"], numbers.iter().copied().fold(f64::MIN, f64::max)));
        prop_assert_eq!(&profile["distinct"]["count"], counts.len());
        let most = counts.values().max().copied();
        prop_assert_eq!(profile["commonest"][0]["count"].as_u64(), most);
    }
}
