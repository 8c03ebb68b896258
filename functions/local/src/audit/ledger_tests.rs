//! Good histories that the auditor has to let pass, and bad ones that it has to find.

use super::*;

const LEASE_MS: i64 = 10_000;

fn scheduled() -> Image {
    Image {
        created_order: "1".to_owned(),
        state: "SCHEDULED".to_owned(),
        version: 1,
        max_attempts: 3,
        deadline_ms: 100_000,
        overdue_ms: 140_000,
        expires_at: 200,
        ..Image::default()
    }
}

fn started(before: &Image, token: &str, now_ms: i64) -> Image {
    Image {
        state: "STARTED".to_owned(),
        run_token: token.to_owned(),
        attempt: before.attempt + 1,
        version: before.version + 1,
        percent: 0,
        lease_until_ms: now_ms + LEASE_MS,
        ..before.clone()
    }
}

fn at(before: &Image, percent: i64) -> Image {
    Image {
        percent,
        version: before.version + 1,
        ..before.clone()
    }
}

fn ended(before: &Image, outcome: &str) -> Image {
    Image {
        state: "COMPLETED".to_owned(),
        outcome: outcome.to_owned(),
        version: before.version + 1,
        ..before.clone()
    }
}

/// A job's history: who left it like what, and when.
struct Told(Ledger);

impl Told {
    fn accepted() -> Self {
        let mut ledger = Ledger::default();
        ledger.sent("j");
        Self(ledger).write("submit", &scheduled(), 0)
    }

    fn write(mut self, sender: &str, after: &Image, now_ms: i64) -> Self {
        let sender = Some(Sender(sender.to_owned()));
        self.0.wrote("j", Some(after.clone()), sender, now_ms);
        self
    }

    fn rules(&self) -> Vec<Rule> {
        let violations = self.0.violations().iter();
        violations.map(|violation| violation.rule).collect()
    }
}

#[test]
fn a_job_that_retries_after_its_worker_died_is_all_right() {
    let first = started(&scheduled(), "a", 1_000);
    let second = started(&at(&first, 40), "b", 20_000);
    let told = Told::accepted()
        .write("A", &first, 1_000)
        .write("A", &at(&first, 40), 2_000)
        .write("B", &second, 20_000)
        .write("B", &at(&second, 30), 21_000)
        .write("B", &ended(&at(&second, 30), "SUCCESS"), 22_000);

    assert_eq!(told.rules(), []);
    assert_eq!(told.0.ended(), (1, 1));
}

#[test]
fn a_cancel_of_a_running_job_is_all_right() {
    let run = started(&scheduled(), "a", 1_000);
    let asked = Image {
        cancel_requested: true,
        version: 3,
        ..run.clone()
    };
    let told = Told::accepted()
        .write("A", &run, 1_000)
        .write("submit", &asked, 2_000)
        .write("A", &ended(&asked, "CANCELED"), 3_000);

    assert_eq!(told.rules(), []);
}

#[test]
fn a_job_that_is_given_up_after_its_last_lease_is_all_right() {
    let run = started(&scheduled(), "a", 1_000);
    let told = Told::accepted()
        .write("A", &run, 1_000)
        .write("B", &ended(&run, "FAILED"), 11_000);

    assert_eq!(told.rules(), []);
}

#[test]
fn an_end_after_the_end_is_found() {
    let run = started(&scheduled(), "a", 1_000);
    let done = ended(&run, "SUCCESS");
    let told = Told::accepted()
        .write("A", &run, 1_000)
        .write("A", &done, 2_000)
        .write("A", &ended(&done, "SUCCESS"), 3_000);

    assert_eq!(told.rules(), [Rule::CompletedTwice]);
}

#[test]
fn a_start_after_a_cancel_is_found() {
    let canceled = ended(&scheduled(), "CANCELED");
    let told = Told::accepted().write("submit", &canceled, 500).write(
        "A",
        &started(&canceled, "a", 1_000),
        1_000,
    );

    assert_eq!(told.rules(), [Rule::LeftItsEnd, Rule::RanAfterCancel]);
}

#[test]
fn a_claim_during_another_lease_is_found() {
    let first = started(&scheduled(), "a", 1_000);
    let told = Told::accepted().write("A", &first, 1_000).write(
        "B",
        &started(&first, "b", 10_999),
        10_999,
    );

    assert_eq!(told.rules(), [Rule::TwoAtOnce]);
}

#[test]
fn a_thawed_attempt_that_writes_is_found_whatever_it_writes() {
    let first = started(&scheduled(), "a", 1_000);
    let second = started(&first, "b", 20_000);
    let rescheduled = Image {
        state: "SCHEDULED".to_owned(),
        ..at(&second, 0)
    };
    let late = [
        at(&second, 90),
        ended(&second, "SUCCESS"),
        ended(&second, "FAILED"),
        rescheduled.clone(),
    ];
    for write in late {
        let told = Told::accepted()
            .write("A", &first, 1_000)
            .write("B", &second, 20_000)
            .write("A", &write, 21_000);
        assert_eq!(told.rules(), [Rule::StaleWrite], "{write:?}");
    }

    let told = Told::accepted()
        .write("A", &first, 1_000)
        .write("A", &rescheduled, 2_000)
        .write("A", &at(&rescheduled, 90), 3_000);
    assert_eq!(told.rules(), [Rule::StaleWrite]);
}

#[test]
fn a_failure_that_is_written_while_the_lease_runs_is_found() {
    let run = started(&scheduled(), "a", 1_000);
    let told = Told::accepted()
        .write("A", &run, 1_000)
        .write("B", &ended(&run, "FAILED"), 10_999);

    assert_eq!(told.rules(), [Rule::StaleWrite]);
}

#[test]
fn a_percentage_that_falls_is_found() {
    let run = started(&scheduled(), "a", 1_000);
    let told = Told::accepted()
        .write("A", &run, 1_000)
        .write("A", &at(&run, 50), 2_000)
        .write("A", &at(&at(&run, 50), 40), 3_000);

    assert_eq!(told.rules(), [Rule::ProgressFell]);
}

#[test]
fn one_attempt_too_many_is_found() {
    let exhausted = Image {
        attempt: 3,
        ..scheduled()
    };
    let told = Told::accepted()
        .write("submit", &at(&exhausted, 0), 500)
        .write("A", &started(&at(&exhausted, 0), "a", 1_000), 1_000);

    assert_eq!(told.rules(), [Rule::StaleWrite, Rule::TooManyAttempts]);
}

#[test]
fn a_record_that_is_written_before_its_message_is_found() {
    let told = Told(Ledger::default()).write("submit", &scheduled(), 0);

    assert_eq!(told.rules(), [Rule::NoMessage]);
}

#[test]
fn a_record_that_goes_before_its_end_is_found() {
    let mut told = Told::accepted();
    told.0
        .wrote("j", None, Some(Sender("submit".to_owned())), 1);
    assert_eq!(told.rules(), [Rule::Vanished]);

    let buried = Image {
        is_deleted: true,
        ..ended(&scheduled(), "FAILED")
    };
    let told = Told::accepted().write("submit", &buried, 139_999);
    assert_eq!(told.rules(), [Rule::Vanished]);
    let told = Told::accepted().write("submit", &buried, 140_000);
    assert_eq!(told.rules(), []);

    let other = Image {
        created_order: "2".to_owned(),
        ..scheduled()
    };
    let told = Told::accepted().write("submit", &other, 199_999);
    assert_eq!(told.rules(), [Rule::Vanished]);
    let told = Told::accepted().write("submit", &other, 200_000);
    assert_eq!(told.rules(), []);
}

#[test]
fn a_write_that_nobody_answers_for_and_one_without_a_version_are_found() {
    let mut told = Told::accepted();
    let run = started(&scheduled(), "a", 1_000);
    told.0.wrote("j", Some(run.clone()), None, 1_000);
    assert_eq!(told.rules(), [Rule::UnknownSender]);

    let told = Told::accepted()
        .write("A", &run, 1_000)
        .write("A", &run, 2_000);
    assert_eq!(told.rules(), [Rule::SameVersion]);
}
