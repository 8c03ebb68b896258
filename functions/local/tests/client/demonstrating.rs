use std::time::Duration;

use local::client::{Client, Options, TextFile, demo};
use serde_json::json;

use crate::scripted::{Answer, ID, Script, Service};

#[tokio::test]
async fn the_demo_shows_a_job_s_whole_life() {
    let service = Service::start(Script {
        submit: vec![Answer::accepted()],
        status: vec![
            Answer::started(50),
            Answer::over("SUCCESS"),
            Answer::over("SUCCESS"),
            Answer::over("SUCCESS"),
            Answer::problem(410, "Job expired"),
        ],
        result: vec![Answer::json(
            200,
            &json!({"rows": 3376, "columns": [{"name": "iata"}]}),
        )],
        ..Script::default()
    })
    .await;
    let client = Client::new(service.base().parse().unwrap(), Options::default()).unwrap();
    let csv = TextFile {
        name: "airports.csv".to_owned(),
        text: "iata\n00M\n".to_owned(),
    };
    let mut stdout = Vec::new();

    demo(&client, &csv, Duration::from_millis(100), &mut stdout)
        .await
        .unwrap();

    let said = String::from_utf8(stdout).unwrap();
    let status = format!("GET /jobs/{ID}");
    for text in [
        "202 Accepted",
        "3,376 rows, 1 column",
        &format!("{status} → 200 OK"),
        &format!("{status} → 410 Gone\n   Job expired"),
    ] {
        assert!(said.contains(text), "{text} is missing:\n{said}");
    }
    assert_eq!(service.requests()[0].body["input"]["csv"], "iata\n00M\n");
}
