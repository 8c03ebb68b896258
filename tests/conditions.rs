//! Every condition's every part is needed: without it a check of the store fails.

use std::process::Command;

#[test]
fn no_part_of_a_condition_can_be_left_out_without_a_check_that_fails() {
    let run = Command::new(env!("CARGO_BIN_EXE_condition_mutations")).output();

    let run = run.unwrap();
    let (table, errors) = (
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr),
    );
    println!("{table}");
    assert!(run.status.success(), "{table}\n{errors}");
}
