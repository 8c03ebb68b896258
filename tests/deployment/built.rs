//! Functions that were built for deployment, in place of the service's own.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::app::{App, PROGRAM, ended_as};

/// A build whose functions leave a file behind when they start, for the runner `sh`.
fn build(folder: &Path, functions: &[(&str, &str)]) {
    for (name, role) in functions {
        let started = started(folder, role).display().to_string();
        fs::create_dir(folder.join(name)).unwrap();
        fs::write(
            folder.join(name).join("bootstrap"),
            format!("touch '{started}'\nexec '{PROGRAM}' function {role}\n"),
        )
        .unwrap();
    }
}

fn started(folder: &Path, role: &str) -> std::path::PathBuf {
    folder.join(role).with_extension("started")
}

#[tokio::test]
async fn a_build_s_functions_run_under_the_runner_in_place_of_the_service_s_own() {
    let folder = tempfile::tempdir().unwrap();
    let sam_and_cargo_lambda = [
        ("SubmitFunction", "submit"),
        ("StatusFunction", "status"),
        ("worker", "worker"),
    ];
    build(folder.path(), &sam_and_cargo_lambda);
    let path = folder.path().to_str().unwrap();
    let app = App::start(&["--functions", path, "--runner", "sh"]);

    let job = app.rehearse(json!({"seconds": 0})).await;
    let document = app.wait_for_end(&job).await;

    assert_eq!(ended_as(&document), ("SUCCESS", ""));
    for (_, role) in sam_and_cargo_lambda {
        assert!(started(folder.path(), role).exists(), "{role}");
    }
}

#[test]
fn a_build_that_lacks_a_function_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    build(folder.path(), &[("submit", "submit"), ("status", "status")]);

    let output = Command::new(PROGRAM)
        .args(["serve", "--port", "0", "--functions"])
        .arg(folder.path())
        .output()
        .unwrap();

    assert!(!output.status.success());
    let stderr = String::from_utf8(output.stderr).unwrap();
    let expected = format!(
        "error: {} has no executable of worker",
        folder.path().display()
    );
    assert!(stderr.starts_with(&expected), "{stderr}");
}
