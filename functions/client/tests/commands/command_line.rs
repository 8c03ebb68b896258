use clap::Parser;
use client::Exit;

use crate::CommandLine;

#[test]
fn help_tells_the_exit_codes() {
    let help = CommandLine::try_parse_from(["accepted", "watch", "--help"])
        .unwrap_err()
        .to_string();

    assert!(
        help.contains("3  the watched job ended in CANCELED"),
        "{help}"
    );
}

#[test]
fn a_command_line_that_is_wrong_has_clap_s_exit_code() {
    for line in [
        &["watch", "job-1"][..],
        &["submit"],
        &["submit", "x", "--at", "tomorrow"],
        &["submit", "x", "--callback", "hooks.example.com"],
        &["submit", "x", "{}", "--each", "a.jsonl"],
        &["list", "--limit", "0"],
        &["cancel"],
        &["cancel", "--all"],
        &["cancel", "--all", "--yes"],
        &["cancel", "--kind", "x"],
        &[
            "cancel",
            "01929b6e-7a52-8c3e-9d1f-0123456789ab",
            "--all",
            "--kind",
            "x",
        ],
        &[
            "cancel",
            "01929b6e-7a52-8c3e-9d1f-0123456789ab",
            "--kind",
            "x",
        ],
    ] {
        let error = CommandLine::try_parse_from(["accepted"].iter().chain(line)).unwrap_err();

        assert_eq!(error.exit_code(), i32::from(Exit::Usage as u8), "{line:?}");
    }
}

#[test]
fn the_readme_shows_the_example_as_it_is() {
    let example = include_str!("../../examples/jobs.rs");

    assert!(include_str!("../../README.md").contains(example));
}
