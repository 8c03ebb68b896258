//! The conditions of an attempt's writes, which DynamoDB judges, and [`decide_write`], which this code judges, say the same of
//! every record.

use aws_sdk_dynamodb::types::AttributeValue;
use engine::{
    AttemptWrite, Attribute, Ending, Failure, JobRecord, JobState, Outcome, Pause, Percent,
    Progress, StoreError, Written, decide_write,
};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::check::checks;
use super::table::{Item, RETENTION, Table, again, at, job};

/// When the writes of this file are made, in milliseconds of the checks' time.
const NOW: i64 = 20_000;

/// The token of the record when a slice of "this run" has ended.
const ENDED_SLICE: &str = "this run.ended";

/// All of a record that a write of the run "this run" depends on.
#[derive(Clone, Debug)]
struct Case {
    state: &'static str,
    token: Option<&'static str>,
    attempt: u32,
    cancel_requested: bool,
    /// In milliseconds from now.
    deadline: i64,
    /// In milliseconds from now.
    lease: i64,
    /// How often the attempt has written its progress.
    progress_number: u64,
}

/// One of an attempt's writes.
#[derive(Clone, Copy, Debug)]
enum Write {
    Progress,
    GiveBack(Pause),
    EndSlice,
    End(Outcome),
}

const WRITES: [Write; 7] = [
    Write::Progress,
    Write::EndSlice,
    Write::GiveBack(Pause::Retry),
    Write::GiveBack(Pause::Snooze),
    Write::End(Outcome::Success),
    Write::End(Outcome::Failed),
    Write::End(Outcome::Canceled),
];

fn any_case() -> impl Strategy<Value = Case> {
    let state = prop_oneof![
        5 => Just("STARTED"),
        2 => Just("SCHEDULED"),
        2 => prop_oneof![Just("SUCCESS"), Just("FAILED"), Just("CANCELED")],
    ];
    let token = prop_oneof![
        4 => Just(Some("this run")),
        // Between two slices of it.
        1 => Just(Some(ENDED_SLICE)),
        2 => Just(Some("another run")),
        1 => Just(None),
    ];
    let times = (-1..=3_i64, -1..=3_i64);
    let rest = (0..=2_u32, prop::bool::weighted(0.3), 0..=2_u64);
    (state, token, rest, times).prop_map(
        |(state, token, (attempt, cancel_requested, progress_number), (deadline, lease))| Case {
            state,
            token,
            attempt,
            cancel_requested,
            deadline,
            lease,
            progress_number,
        },
    )
}

impl Case {
    /// Attributes of the item that differ from those that the claim wrote.
    fn change(&self, item: &mut Item) {
        use Attribute as A;
        let text = |text: &str| AttributeValue::S(text.to_owned());
        let is_ended = !matches!(self.state, "SCHEDULED" | "STARTED");
        let state = if is_ended { "COMPLETED" } else { self.state };
        let number = |number: i64| AttributeValue::N(number.to_string());
        let time = |ms: i64| number(at(NOW + ms).ms());
        let mut set = |attribute: A, value| {
            item.insert(attribute.name().to_owned(), value);
        };
        set(A::State, text(state));
        set(A::DeadlineMs, time(self.deadline));
        set(A::LeaseUntilMs, time(self.lease));
        set(A::Attempt, number(self.attempt.into()));
        let progress_number = i64::try_from(self.progress_number).unwrap();
        set(A::ProgressNumber, number(progress_number));
        if is_ended {
            set(A::Outcome, text(self.state));
        }
        if self.cancel_requested {
            set(A::CancelRequested, AttributeValue::Bool(true));
        }
        match self.token {
            Some(token) => {
                if token == ENDED_SLICE && state == "STARTED" {
                    set(A::AttemptStep, number(0));
                }
                set(A::RunToken, text(token));
            }
            None => drop(item.remove(A::RunToken.name())),
        }
    }
}

impl Write {
    fn kind(self) -> AttemptWrite {
        match self {
            Self::Progress => AttemptWrite::Progress,
            Self::GiveBack(_) => AttemptWrite::Reschedule,
            Self::EndSlice => AttemptWrite::EndSlice,
            Self::End(outcome) => AttemptWrite::End(outcome),
        }
    }

    async fn send(self, table: &Table, run: &JobRecord) -> Result<Written, StoreError> {
        let (store, now) = (&table.store, at(NOW));
        let half = Progress {
            percent: Percent::new(50),
            ..Progress::default()
        };
        let ending = match self {
            Self::Progress => return store.progress(run, 2, &half, now).await,
            Self::GiveBack(pause) => {
                let again = again(pause, at(NOW + 9_000));
                return store.reschedule(run, &again, &half, now).await;
            }
            Self::EndSlice => return store.end_slice(run, &half, now, now).await,
            Self::End(Outcome::Success) => Ending::Success {
                result: "1".to_owned(),
            },
            Self::End(Outcome::Failed) => Ending::Failed(Failure::new("code", "message")),
            Self::End(Outcome::Canceled) => Ending::Canceled,
        };
        store.finish(run, &ending, &half, now, RETENTION).await
    }

    /// Whether a record in this state looks like an earlier try of this very write, whose answer was lost.
    fn looks_done(self, record: &JobRecord, run: &JobRecord) -> bool {
        let is_done = match self {
            Self::Progress => false,
            Self::EndSlice => {
                return record.is_between_slices && record.run_token == run.ended_slice_token();
            }
            Self::GiveBack(_) => record.state == JobState::Scheduled,
            Self::End(outcome) => record.state == JobState::Completed(outcome),
        };
        is_done && record.run_token == run.run_token
    }
}

/// Makes the write on such a record: what it said, and whether it changed the item, if that is not what the decision says.
async fn disagreement(table: &Table, case: &Case, write: Write) -> Option<String> {
    let id = table.accept(job()).await.id;
    let run = table.start(&id, "this run", at(1_000)).await;
    let mut item = table.item(&id).await;
    case.change(&mut item);
    table.put(item.clone()).await;
    let record = table.read(&id).await;
    let decision = decide_write(Some(&record), &run, write.kind(), at(NOW));
    let takes_effect = match (decision, write) {
        // The attempt's second progress write changes nothing behind its second.
        (Written::Applied | Written::CancelRequested, Write::Progress) => case.progress_number < 2,
        (Written::Applied, _) => true,
        (Written::CancelRequested | Written::Fenced, _) => false,
    };
    let expected = match decision {
        Written::Fenced if write.looks_done(&record, &run) => Written::Applied,
        decision => decision,
    };

    let written = write.send(table, &run).await.unwrap();

    let took_effect = table.item(&id).await != item;
    ((written, took_effect) != (expected, takes_effect)).then(|| {
        format!("{write:?}: {written:?} and {took_effect}, not {expected:?} and {takes_effect}")
    })
}

async fn an_attempt_writes_to_any_record_exactly_what_the_decision_says(table: &Table) {
    let runtime = tokio::runtime::Handle::current();
    let table = table.clone();
    let property = move || {
        let config = Config {
            cases: 120,
            failure_persistence: None,
            ..Config::default()
        };
        TestRunner::new(config).run(&any_case(), |case| {
            for write in WRITES {
                if let Some(wrong) = runtime.block_on(disagreement(&table, &case, write)) {
                    return Err(TestCaseError::fail(wrong));
                }
            }
            Ok(())
        })
    };
    let outcome = tokio::task::spawn_blocking(property).await.unwrap();
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

checks![an_attempt_writes_to_any_record_exactly_what_the_decision_says];
