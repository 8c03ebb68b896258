//! What the README says of costs and limits is what `cost` prints.

use std::process::Command;

use serde_json::Value;

use crate::app::PROGRAM;

const README: &str = include_str!("../README.md");

fn cost(flags: &[&str]) -> String {
    let run = Command::new(PROGRAM).arg("cost").args(flags).output();
    let run = run.unwrap();
    assert!(run.status.success(), "{run:?}");
    String::from_utf8(run.stdout).unwrap()
}

#[test]
fn the_readme_s_tables_of_costs_and_limits_are_what_cost_prints() {
    for flags in [&[][..], &["tune"], &["limits"]] {
        let printed = cost(flags);

        for table in printed.trim().split("\n\n") {
            assert!(table.starts_with("| "), "{table}");
            assert!(README.contains(table), "{flags:?} prints\n{table}");
        }
    }
}

#[test]
fn cost_computes_with_what_it_is_given() {
    let of = |flags: &[&str]| -> Value {
        let flags = [flags, &["--json"]].concat();
        serde_json::from_str(&cost(&flags)).unwrap()
    };
    let ten_polls = |report: &Value| report["cost"][3]["usd-a-million"]["here"].as_f64().unwrap();

    let usual = of(&[]);
    let slow = of(&["--status-ms", "1000"]);

    assert_eq!(usual["cost"][3]["polls"], 10);
    // Ten times a second of half a GB, less what is in there already.
    let status_ms = usual["durations-ms"]["status"].as_f64().unwrap();
    let more = 10.0 * (1.0 - status_ms / 1_000.0) * 0.5 * 13.333_4;
    assert!((ten_polls(&slow) - ten_polls(&usual) - more).abs() < 1e-6);
}

#[test]
fn each_price_is_shown_with_where_it_comes_from_and_how_well() {
    let printed = cost(&["prices"]);

    assert!(printed.matches("https://").count() >= 12, "{printed}");
    for quality in ["AWS's own page", "quoted by several", "weak"] {
        assert!(printed.contains(quality), "{printed}");
    }
}
