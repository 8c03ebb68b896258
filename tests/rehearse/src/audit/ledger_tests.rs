//! Good histories that the auditor must accept, and bad ones that it must find.

use super::*;
use crate::audit::Sender;

const LEASE_MS: i64 = 10_000;

pub(crate) fn scheduled() -> Image {
    Image {
        creation_token: "1".to_owned(),
        state: "SCHEDULED".to_owned(),
        version: 1,
        max_attempts: 3,
        deadline_ms: 100_000,
        overdue_ms: 130_000,
        expires_at: 200,
        ..Image::default()
    }
}

pub(crate) fn started(before: &Image, token: &str, now_ms: i64) -> Image {
    Image {
        state: "STARTED".to_owned(),
        run_token: token.to_owned(),
        attempt: before.attempt + i64::from(!before.is_between_slices),
        is_between_slices: false,
        version: before.version + 1,
        percent: if before.is_between_slices {
            before.percent
        } else {
            0
        },
        lease_until_ms: now_ms + LEASE_MS,
        ..before.clone()
    }
}

pub(crate) fn at(before: &Image, percent: i64) -> Image {
    Image {
        percent,
        version: before.version + 1,
        ..before.clone()
    }
}

/// The end of a slice.
pub(crate) fn sliced(before: &Image, now_ms: i64) -> Image {
    Image {
        run_token: format!("{}.ended", before.run_token),
        is_between_slices: true,
        lease_until_ms: now_ms,
        version: before.version + 1,
        ..before.clone()
    }
}

/// A write of progress that leaves the percentage as it is.
pub(crate) fn saved(before: &Image, checkpoint: &str) -> Image {
    Image {
        checkpoint: checkpoint.to_owned(),
        ..at(before, before.percent)
    }
}

pub(crate) fn ended(before: &Image, outcome: &str) -> Image {
    let error_code = if outcome == "FAILED" { "broken" } else { "" };
    Image {
        state: "COMPLETED".to_owned(),
        outcome: outcome.to_owned(),
        error_code: error_code.to_owned(),
        version: before.version + 1,
        ..before.clone()
    }
}

/// A job's history: writers, the records that they left, and times.
pub(crate) struct Told(pub(crate) Ledger);

impl Told {
    pub(crate) fn accepted() -> Self {
        let mut ledger = Ledger::default();
        ledger.sent("j");
        Self(ledger).write("submit", &scheduled(), 0)
    }

    pub(crate) fn write(self, sender: &str, after: &Image, now_ms: i64) -> Self {
        self.late(sender, Some(after), now_ms, now_ms)
    }

    pub(crate) fn delete(self, sender: &str, now_ms: i64) -> Self {
        self.late(sender, None, now_ms, now_ms)
    }

    /// A write that took effect some time after its call arrived.
    pub(crate) fn late(
        mut self,
        sender: &str,
        after: Option<&Image>,
        arrived_ms: i64,
        now_ms: i64,
    ) -> Self {
        let write = Write {
            after: after.cloned(),
            sender: Some(Sender(sender.to_owned())),
            arrived_ms,
            begun_ms: now_ms,
            done_ms: now_ms,
        };
        self.0.wrote("j", write);
        self
    }

    pub(crate) fn shown(mut self, end: &End) -> Self {
        self.0.shown("j", end);
        self
    }

    pub(crate) fn rules(&self) -> Vec<Rule> {
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
fn a_write_that_nobody_answers_for_and_one_without_a_version_are_found() {
    let mut told = Told::accepted();
    let run = started(&scheduled(), "a", 1_000);
    let write = Write {
        after: Some(run.clone()),
        sender: None,
        arrived_ms: 1_000,
        begun_ms: 1_000,
        done_ms: 1_000,
    };
    told.0.wrote("j", write);
    assert_eq!(told.rules(), [Rule::UnknownSender]);

    let told = Told::accepted()
        .write("A", &run, 1_000)
        .write("A", &run, 2_000);
    assert_eq!(told.rules(), [Rule::SameVersion]);
}

/// The job that a key stands for after the first one is gone.
pub(crate) fn next_job() -> Image {
    Image {
        creation_token: "2".to_owned(),
        ..scheduled()
    }
}
