//! `csv_profile` on real input, through HTTP.

use serde_json::{Value, json};

use crate::app::App;

const AIRPORTS: &str = include_str!("../../functions/local/data/airports.csv");

async fn profiled(app: &App, csv: &str) -> Value {
    let job = app
        .submit(&json!({"name": "csv_profile", "input": {"csv": csv}}))
        .await;
    app.wait_for_end(&job).await
}

#[tokio::test]
async fn the_airports_have_their_true_figures() {
    let app = App::shared().as_user("airports");

    let document = profiled(&app, AIRPORTS).await;

    let result = &document["job"]["result"];
    assert_eq!(document["job"]["job-status"], "SUCCESS", "{document}");
    assert_eq!(result["rows"], 3376);
    let columns = result["columns"].as_array().unwrap();
    let named: Vec<_> = columns
        .iter()
        .map(|column| [&column["name"], &column["type"]].map(|text| text.as_str().unwrap()))
        .collect();
    assert_eq!(
        named,
        [
            ["iata", "text"],
            ["name", "text"],
            ["city", "text"],
            ["state", "text"],
            ["country", "text"],
            ["latitude", "number"],
            ["longitude", "number"],
        ]
    );
    assert_eq!(
        columns[0]["distinct"],
        json!({"count": 3376, "exact": true})
    );
    let counted = |column: &Value| column["distinct"]["exact"] == true && column["empty"].is_u64();
    assert!(columns.iter().all(counted), "{result}");
}

/// What an independent look at the same file finds.
#[tokio::test]
async fn the_airports_numbers_are_those_of_the_file() {
    let app = App::shared().as_user("airports-numbers");
    let latitudes: Vec<f64> = AIRPORTS
        .lines()
        .skip(1)
        .map(|line| line.rsplit(',').nth(1).unwrap().parse().unwrap())
        .collect();
    let count = f64::from(u32::try_from(latitudes.len()).unwrap());
    let mean = latitudes.iter().sum::<f64>() / count;

    let document = profiled(&app, AIRPORTS).await;

    let latitude = &document["job"]["result"]["columns"][5];
    let close = |shown: &Value, expected: f64| (shown.as_f64().unwrap() - expected).abs() < 1e-9;
    assert!(close(&latitude["mean"], mean), "{latitude} and not {mean}");
    assert!(close(
        &latitude["min"],
        latitudes.iter().copied().fold(f64::MAX, f64::min)
    ));
    assert!(close(
        &latitude["max"],
        latitudes.iter().copied().fold(f64::MIN, f64::max)
    ));
    let squares: f64 = latitudes.iter().map(|value| (value - mean).powi(2)).sum();
    assert!(close(
        &latitude["standard-deviation"],
        (squares / (count - 1.0)).sqrt()
    ));
}

#[tokio::test]
async fn a_malformed_text_fails_at_its_first_attempt_and_names_the_row() {
    let app = App::shared().as_user("malformed-csv");

    for (csv, row) in [("a,b\n1,2\n3\n", "row 3 "), ("a,b\n1,\"2\n3,4\n", "row 2 ")] {
        let document = profiled(&app, csv).await;

        assert_eq!(document["job"]["job-status"], "FAILED", "{document}");
        assert_eq!(document["job"]["attempt"], 1);
        assert_eq!(document["error"]["code"], "malformed-csv");
        let message = document["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(row), "{message}");
    }
}

#[tokio::test]
async fn a_zip_code_with_a_leading_zero_is_text() {
    let app = App::shared().as_user("zip-codes");

    let document = profiled(&app, "zip,people\n00501,1\n10001,25026\n").await;

    let columns = &document["job"]["result"]["columns"];
    assert_eq!(
        (&columns[0]["type"], &columns[1]["type"]),
        (&json!("text"), &json!("integer"))
    );
    assert_eq!(columns[0]["min"], "00501");
}
