//! The routes that `cargo lambda watch` takes from `Cargo.toml`: those of the service.

use std::process::Command;

use local::{Function, ROUTES};
use serde_json::{Map, Value};

/// What cargo-lambda sends nowhere when a path lists methods without it.
const METHODS: [&str; 7] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/// Each path's function, or its functions by method.
fn router() -> Map<String, Value> {
    let metadata = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .arg("--manifest-path")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml"))
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&metadata.stdout).expect("it writes JSON");
    let router = &metadata["metadata"]["lambda"]["watch"]["router"];
    router.as_object().expect("there are routes").clone()
}

/// The function behind a path and a method, as cargo-lambda looks it up.
fn function_behind<'a>(routed: &'a Value, method: &str) -> Option<&'a str> {
    if let Some(function) = routed.as_str() {
        return Some(function);
    }
    let by_method = routed.as_array()?.iter();
    let mut found = by_method.filter(|route| route["method"] == method);
    found.next()?["function"].as_str()
}

#[test]
fn cargo_lambda_watch_has_the_routes_of_the_service() {
    let router = router();

    for (path, routed) in &router {
        for method in METHODS {
            let is_command = ROUTES.iter().any(|route| {
                route.function == Function::Submit
                    && route.path_template == path
                    && route.method == method
            });
            let function = if is_command { "submit" } else { "status" };
            assert_eq!(
                function_behind(routed, method),
                Some(function),
                "{method} {path}"
            );
        }
    }
    for route in ROUTES
        .iter()
        .filter(|route| route.function == Function::Submit)
    {
        assert!(router.contains_key(route.path_template), "{route:?}");
    }
    assert!(router.contains_key("/") && router.contains_key("/{*path}"));
}
