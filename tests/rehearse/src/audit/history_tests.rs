//! What takes effect late, under a key that is used again, or beside another attempt: good histories and bad ones.

use crate::audit::ledger::tests::{Told, at, ended, next_job, saved, scheduled, started};
use crate::audit::{End, Image, Rule};

#[test]
fn an_end_that_readers_could_have_seen_otherwise_is_found() {
    let run = started(&scheduled(), "a", 95_000);
    let overdue = Image {
        error_code: "deadline-exceeded".to_owned(),
        ..ended(&run, "FAILED")
    };
    let told = |end: &Image, now_ms| {
        let told = Told::accepted().write("A", &run, 95_000);
        told.write("A", end, now_ms).rules()
    };
    assert_eq!(told(&ended(&run, "SUCCESS"), 129_999), []);
    for end in ["SUCCESS", "CANCELED", "FAILED"] {
        assert_eq!(told(&ended(&run, end), 130_000), [Rule::EndedOtherwise]);
    }
    assert_eq!(told(&overdue, 130_000), []);
}

#[test]
fn an_attempt_that_was_asked_to_stop_and_died_is_seen_canceled_and_ends_so() {
    let run = started(&scheduled(), "a", 1_000);
    let asked = Image {
        cancel_requested: true,
        version: 3,
        ..run.clone()
    };
    // Its lease ends at 11 s, and 30 s later readers call it canceled.
    let told = |end: &str, now_ms| {
        let told = Told::accepted().write("A", &run, 1_000);
        let told = told.write("submit", &asked, 2_000);
        told.write("A", &ended(&asked, end), now_ms).rules()
    };
    assert_eq!(told("SUCCESS", 40_999), []);
    assert_eq!(told("SUCCESS", 41_000), [Rule::EndedOtherwise]);
    assert_eq!(told("CANCELED", 41_000), []);
}

#[test]
fn an_end_that_a_client_was_shown_otherwise_is_found() {
    let run = started(&scheduled(), "a", 1_000);
    let (done, failed) = (
        End::new("SUCCESS", ""),
        End::new("FAILED", "deadline-exceeded"),
    );
    let running = || Told::accepted().write("A", &run, 1_000);
    let success = ended(&run, "SUCCESS");

    let told = running().shown(&done).write("A", &success, 2_000);
    assert_eq!(told.shown(&done).rules(), []);
    let told = running().shown(&failed).write("A", &success, 2_000);
    assert_eq!(told.rules(), [Rule::EndedOtherwise]);
    let told = running().write("A", &success, 2_000).shown(&failed);
    assert_eq!(told.rules(), [Rule::EndedOtherwise]);
    let told = running().shown(&failed).shown(&done);
    assert_eq!(told.rules(), [Rule::EndedOtherwise]);
}

#[test]
fn progress_that_takes_back_what_was_said_since_is_found_at_the_same_percentage() {
    let run = started(&scheduled(), "a", 1_000);
    let (first, second) = (saved(&run, "1"), saved(&saved(&run, "1"), "2"));
    let so_far = || {
        let told = Told::accepted().write("A", &run, 1_000);
        told.write("A", &first, 2_000).write("A", &second, 3_000)
    };
    let (again, other) = (saved(&second, "1"), saved(&second, "0"));
    for late in [&again, &other] {
        let told = so_far().late("A", Some(late), 2_500, 4_000);
        assert_eq!(told.rules(), [Rule::OlderProgress]);
    }
    let summary = Image {
        summary: "before".to_owned(),
        ..at(&second, 0)
    };
    let told = so_far().late("A", Some(&summary), 2_500, 4_000);
    assert_eq!(told.rules(), [Rule::OlderProgress]);

    // Its second try said the same, and nothing since.
    let told = so_far().late("A", Some(&saved(&second, "2")), 2_500, 4_000);
    assert_eq!(told.rules(), []);
}

#[test]
fn a_start_that_forgets_what_was_saved_is_found() {
    let first = saved(&started(&scheduled(), "a", 1_000), "1");
    let second = started(&first, "b", 20_000);
    let told = |second: &Image| {
        let told = Told::accepted().write("A", &started(&scheduled(), "a", 1_000), 1_000);
        let told = told.write("A", &first, 2_000).write("B", second, 20_000);
        told.rules()
    };
    assert_eq!(told(&second), []);
    let forgetful = Image {
        checkpoint: String::new(),
        ..second
    };
    assert_eq!(told(&forgetful), [Rule::OlderProgress]);
}

#[test]
fn an_attempt_that_finds_another_ones_code_at_work_is_found() {
    let run = started(&scheduled(), "a", 1_000);
    let disturbed = Image {
        error_code: "two-at-once".to_owned(),
        ..ended(&run, "FAILED")
    };
    let told = Told::accepted().write("A", &run, 1_000);
    assert_eq!(
        told.write("A", &disturbed, 2_000).rules(),
        [Rule::CodeAtOnce]
    );
}

#[test]
fn a_second_new_job_for_one_key_is_found_and_one_after_a_delete_is_all_right() {
    let mut told = Told::accepted();
    told.0.accepted("j");
    let mut told = told
        .write("submit", &ended(&scheduled(), "CANCELED"), 1)
        .delete("submit", 2)
        .write("next submit", &next_job(), 3);
    told.0.accepted("j");
    assert_eq!(told.rules(), []);
    told.0.accepted("j");
    assert_eq!(told.rules(), [Rule::AcceptedTwice]);
}

#[test]
fn a_call_for_a_job_that_is_gone_which_changes_the_next_one_is_found() {
    let canceled = ended(&scheduled(), "CANCELED");
    let run = started(&next_job(), "b", 5_000);
    let asked = Image {
        cancel_requested: true,
        version: 3,
        ..run.clone()
    };
    let reused = || {
        Told::accepted()
            .write("canceler", &canceled, 1_000)
            .delete("deleter", 2_000)
            .write("next submit", &next_job(), 4_000)
            .write("B", &run, 5_000)
    };
    let found = [Rule::OtherJob];
    // Sent before there was the next job, or by a request that has changed the one before.
    let told = reused().late("another", Some(&asked), 3_999, 6_000);
    assert_eq!(told.rules(), found);
    let told = reused().write("canceler", &asked, 6_000);
    assert_eq!(told.rules(), found);
    let told = reused().write("B", &ended(&run, "SUCCESS"), 6_000);
    assert_eq!(told.delete("deleter", 7_000).rules(), found);

    let told = reused().late("another", Some(&asked), 4_000, 6_000);
    assert_eq!(told.rules(), []);
}

#[test]
fn a_record_that_comes_back_after_its_delete_is_found() {
    let deleted = || {
        Told::accepted()
            .write("submit", &ended(&scheduled(), "CANCELED"), 1_000)
            .delete("submit", 2_000)
    };
    let told = deleted().late("submit", Some(&next_job()), 1_999, 3_000);
    assert_eq!(told.rules(), [Rule::CameBack]);
    let told = deleted().late("submit", Some(&next_job()), 2_000, 3_000);
    assert_eq!(told.rules(), []);
}

#[test]
fn a_record_that_goes_before_its_end_is_found() {
    let told = Told::accepted().delete("submit", 1);
    assert_eq!(told.rules(), [Rule::Vanished]);
    let told = Told::accepted().delete("submit", 129_999);
    assert_eq!(told.rules(), [Rule::Vanished]);
    let told = Told::accepted().delete("submit", 130_000);
    assert_eq!(told.rules(), []);

    let buried = Image {
        is_deleted: true,
        ..ended(&scheduled(), "FAILED")
    };
    let told = Told::accepted().write("submit", &buried, 129_999);
    assert_eq!(told.rules(), [Rule::Vanished]);
    let told = Told::accepted().write("submit", &buried, 130_000);
    assert_eq!(told.rules(), []);

    let told = Told::accepted().write("submit", &next_job(), 199_999);
    assert_eq!(told.rules(), [Rule::Vanished]);
    let told = Told::accepted().write("submit", &next_job(), 200_000);
    assert_eq!(told.rules(), []);
}
