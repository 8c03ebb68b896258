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
        &["list", "--limit", "0"],
    ] {
        let error = CommandLine::try_parse_from(["accepted"].iter().chain(line)).unwrap_err();

        assert_eq!(error.exit_code(), i32::from(Exit::Usage as u8), "{line:?}");
    }
}
