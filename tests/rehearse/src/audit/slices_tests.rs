//! Jobs that run over several slices: good histories and bad ones.

use crate::audit::ledger::tests::{Told, at, ended, saved, scheduled, sliced, started};
use crate::audit::{Image, Rule};

/// A job that has saved something, and ends its slice at second 2.
fn ended_slice() -> (Told, Image) {
    let first = started(&scheduled(), "a", 1_000);
    let half = saved(&at(&first, 50), "1");
    let between = sliced(&half, 2_000);
    let told = Told::accepted().write("A", &first, 1_000);
    let told = told.write("A", &half, 1_500).write("A", &between, 2_000);
    (told, between)
}

#[test]
fn a_job_that_goes_on_in_a_second_slice_is_all_right() {
    let (told, between) = ended_slice();
    let second = started(&between, "b", 2_001);
    let told = told.write("B", &second, 2_001);
    let told = told.write("B", &ended(&second, "SUCCESS"), 3_000);
    assert_eq!(told.rules(), []);
    let seen = told.0.job("j").unwrap();
    assert_eq!((seen.starts, seen.slices), (2, 1));
}

#[test]
fn a_slice_that_uses_up_an_attempt_is_found() {
    let (told, between) = ended_slice();
    let second = Image {
        attempt: 2,
        ..started(&between, "b", 2_001)
    };
    let told = told.write("B", &second, 2_001);
    assert_eq!(told.rules(), [Rule::Miscounted]);

    let first = started(&scheduled(), "a", 1_000);
    let given_back = Image {
        attempt: 0,
        ..sliced(&first, 2_000)
    };
    let told = Told::accepted().write("A", &first, 1_000);
    let told = told.write("A", &given_back, 2_000);
    assert_eq!(told.rules(), [Rule::Miscounted]);
}

#[test]
fn a_slice_whose_worker_died_and_that_used_up_no_attempt_is_found() {
    let (told, between) = ended_slice();
    let second = started(&between, "b", 2_001);
    let third = Image {
        attempt: 1,
        ..started(&second, "c", 13_000)
    };
    let told = told.write("B", &second, 2_001).write("C", &third, 13_000);
    assert_eq!(told.rules(), [Rule::Miscounted]);
}

#[test]
fn a_slices_end_that_loses_the_checkpoint_is_found() {
    let first = saved(&started(&scheduled(), "a", 1_000), "1");
    let forgetful = Image {
        checkpoint: String::new(),
        ..sliced(&first, 2_000)
    };
    let told = Told::accepted().write("A", &started(&scheduled(), "a", 1_000), 1_000);
    let told = told.write("A", &first, 1_500).write("A", &forgetful, 2_000);
    assert_eq!(told.rules(), [Rule::OlderProgress]);
}

#[test]
fn a_next_slice_that_begins_further_back_is_found() {
    let (told, between) = ended_slice();
    let second = Image {
        percent: 0,
        ..started(&between, "b", 2_001)
    };
    let told = told.write("B", &second, 2_001);
    assert_eq!(told.rules(), [Rule::ProgressFell]);
}

#[test]
fn progress_of_an_ended_slice_is_found() {
    let (told, between) = ended_slice();
    let told = told.late("A", Some(&saved(&between, "2")), 2_500, 3_000);
    assert_eq!(told.rules(), [Rule::StaleWrite]);
}

#[test]
fn a_slices_end_by_somebody_else_is_found() {
    let first = started(&scheduled(), "a", 1_000);
    let told = Told::accepted().write("A", &first, 1_000);
    let told = told.write("B", &sliced(&first, 2_000), 2_000);
    assert_eq!(told.rules(), [Rule::StaleWrite]);
}

#[test]
fn between_two_slices_an_owner_ends_the_job_and_nobody_makes_it_a_success() {
    let (told, between) = ended_slice();
    let told = told.write("submit", &ended(&between, "CANCELED"), 2_001);
    assert_eq!(told.rules(), []);
    let (told, between) = ended_slice();
    let told = told.write("A", &ended(&between, "SUCCESS"), 2_001);
    assert_eq!(told.rules(), [Rule::StaleWrite]);
}
