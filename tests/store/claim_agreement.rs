//! A claim's condition, which DynamoDB judges, and [`decide_claim`], which this code judges, say the same of every record.

use aws_sdk_dynamodb::types::AttributeValue;
use engine::{Attribute, Claim, ClaimDecision, Fingerprint, decide_claim};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use super::check::checks;
use super::table::{Item, Table, at, job, request};

/// When the claims of this file are made, in milliseconds of the checks' time.
const NOW: i64 = 20_000;

/// All of a record that a claim depends on. Times are milliseconds from now.
#[derive(Clone, Debug)]
struct Case {
    state: &'static str,
    start: i64,
    lease: Option<i64>,
    attempt: u32,
    max_attempts: u32,
    is_between_slices: bool,
    cancel_requested: bool,
    deadline: i64,
    overdue: i64,
    expires_s: i64,
    is_same_request: bool,
}

/// Waiting for its first attempt, and due.
const DUE: Case = Case {
    state: "SCHEDULED",
    start: 0,
    lease: None,
    attempt: 0,
    max_attempts: 3,
    is_between_slices: false,
    cancel_requested: false,
    deadline: 1,
    overdue: 2,
    expires_s: 50,
    is_same_request: true,
};

/// In its first attempt, whose lease is over.
const DEAD: Case = Case {
    state: "STARTED",
    start: -9,
    lease: Some(0),
    attempt: 1,
    ..DUE
};

/// Between two slices of its first attempt.
const SLICED: Case = Case {
    is_between_slices: true,
    ..DEAD
};

const ENDED: Case = Case {
    state: "SUCCESS",
    lease: None,
    ..DEAD
};

#[rustfmt::skip]
fn table_of_cases() -> Vec<(Case, ClaimDecision)> {
    use ClaimDecision as D;
    let (in_a_ms, in_two_ms) = (at(NOW + 1), at(NOW + 2));
    vec![
        (DUE, D::Start),
        (Case { start: 1, ..DUE }, D::NotDue { until: in_a_ms }),
        (Case { attempt: 2, ..DUE }, D::Start),
        (Case { deadline: 0, ..DUE }, D::PastDeadline { until: in_two_ms }),
        (Case { deadline: 0, overdue: 1, ..DUE }, D::PastDeadline { until: in_a_ms }),
        (Case { deadline: 0, overdue: 0, ..DUE }, D::Overdue),
        (Case { deadline: -5, overdue: 0, start: 1, ..DUE }, D::Overdue),
        (Case { is_same_request: false, ..DUE }, D::Foreign),
        (DEAD, D::Start),
        (Case { lease: Some(1), ..DEAD }, D::Busy { until: in_a_ms }),
        (Case { lease: Some(1), cancel_requested: true, ..DEAD }, D::Busy { until: in_a_ms }),
        (Case { cancel_requested: true, ..DEAD }, D::Canceled),
        (Case { attempt: 3, ..DEAD }, D::Exhausted),
        (Case { attempt: 3, lease: Some(1), ..DEAD }, D::Busy { until: in_a_ms }),
        (Case { deadline: 0, lease: Some(1), ..DEAD }, D::PastDeadline { until: in_two_ms }),
        (Case { deadline: 0, overdue: 0, lease: Some(1), ..DEAD }, D::Overdue),
        (Case { lease: Some(-1), cancel_requested: true, ..DEAD }, D::Canceled),
        (Case { lease: Some(-1), cancel_requested: true, deadline: 0, ..DEAD }, D::PastDeadline { until: in_two_ms }),
        (Case { lease: Some(-1), cancel_requested: true, deadline: 0, overdue: 0, ..DEAD }, D::Overdue),
        (Case { is_same_request: false, ..DEAD }, D::Foreign),
        (SLICED, D::Start),
        (Case { attempt: 3, ..SLICED }, D::Start),
        (Case { attempt: 3, lease: Some(1), ..SLICED }, D::Busy { until: in_a_ms }),
        (Case { attempt: 3, cancel_requested: true, ..SLICED }, D::Canceled),
        (Case { deadline: 0, ..SLICED }, D::PastDeadline { until: in_two_ms }),
        (Case { deadline: 0, overdue: 0, ..SLICED }, D::Overdue),
        (Case { is_same_request: false, ..SLICED }, D::Foreign),
        (ENDED, D::Finished),
        (Case { state: "FAILED", ..ENDED }, D::Finished),
        (Case { state: "CANCELED", ..ENDED }, D::Finished),
        (Case { deadline: 0, ..ENDED }, D::Finished),
        (Case { is_same_request: false, ..ENDED }, D::Foreign),
        (Case { lease: Some(0), ..ENDED }, D::Finished),
        (Case { lease: Some(0), start: 1, ..DUE }, D::NotDue { until: in_a_ms }),
        (Case { expires_s: 2, ..ENDED }, D::Missing),
        (Case { expires_s: 2, is_same_request: false, ..ENDED }, D::Missing),
        (Case { expires_s: 0, deadline: 0, overdue: 0, ..DUE }, D::Missing),
        (Case { expires_s: 1, ..DUE }, D::Start),
    ]
}

fn any_case() -> impl Strategy<Value = Case> {
    let state = prop_oneof![
        4 => Just("SCHEDULED"),
        4 => Just("STARTED"),
        1 => prop_oneof![Just("SUCCESS"), Just("FAILED"), Just("CANCELED")],
    ];
    let times = (-2..=2_i64, -2..=2_i64, -3..=8_i64, 0..=4_i64, -3..=60_i64);
    let counts = (0..=3_u32, 1..=3_u32);
    let seldom = || prop::bool::weighted(0.2);
    let flags = (seldom(), seldom(), seldom(), seldom());
    (state, times, counts, flags).prop_map(|(state, times, counts, flags)| {
        let (start, lease, deadline, horizon, expires_s) = times;
        let overdue = deadline + horizon;
        let (attempt, max_attempts) = counts;
        let (cancel_requested, keeps_lease, is_other_request, is_between_slices) = flags;
        Case {
            state,
            start,
            // No state but STARTED has one; should another ever keep one, it means nothing.
            lease: (state == "STARTED" || keeps_lease).then_some(lease),
            attempt,
            max_attempts,
            // Only a started job is; should another ever look so, it means nothing but for its attempts.
            is_between_slices: is_between_slices && state == "STARTED",
            cancel_requested,
            deadline,
            overdue,
            // No job expires before it is overdue.
            expires_s: expires_s.max((overdue + 999) / 1_000),
            is_same_request: !is_other_request,
        }
    })
}

impl Case {
    /// Attributes of the item that differ from those that `create` wrote.
    fn change(&self, item: &mut Item) {
        use Attribute as A;
        let mut set = |attribute: A, value| item.insert(attribute.name().to_owned(), value);
        let time = |ms: i64| AttributeValue::N(at(NOW + ms).ms().to_string());
        let is_ended = !matches!(self.state, "SCHEDULED" | "STARTED");
        let state = if is_ended { "COMPLETED" } else { self.state };
        set(A::State, AttributeValue::S(state.to_owned()));
        if is_ended {
            set(A::Outcome, AttributeValue::S(self.state.to_owned()));
        }
        set(A::ScheduledStartMs, time(self.start));
        set(A::DeadlineMs, time(self.deadline));
        set(A::OverdueMs, time(self.overdue));
        let expires_s = at(NOW).ms() / 1_000 + self.expires_s;
        set(A::ExpiresAt, AttributeValue::N(expires_s.to_string()));
        set(A::Attempt, AttributeValue::N(self.attempt.to_string()));
        set(
            A::MaxAttempts,
            AttributeValue::N(self.max_attempts.to_string()),
        );
        if let Some(lease) = self.lease {
            set(A::LeaseUntilMs, time(lease));
            set(A::RunToken, AttributeValue::S("an earlier run".to_owned()));
        }
        if self.cancel_requested {
            set(A::CancelRequested, AttributeValue::Bool(true));
        }
        if self.is_between_slices {
            set(A::AttemptStep, AttributeValue::N("0".to_owned()));
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        if self.is_same_request {
            request()
        } else {
            Fingerprint::of(b"another request")
        }
    }
}

/// What the store made of a claim of such a record ([`ClaimDecision::Start`] if it got the attempt), and what the decision is.
async fn claim_and_decide(table: &Table, case: &Case) -> (ClaimDecision, ClaimDecision) {
    let id = table.accept(job()).await.id;
    let mut item = table.item(&id).await;
    case.change(&mut item);
    table.put(item.clone()).await;
    let record = table.read(&id).await;
    let fingerprint = case.fingerprint();
    let decision = decide_claim(Some(&record), &fingerprint, at(NOW));

    let claim = table
        .store
        .claim(&id, &fingerprint, "this run", at(NOW), at(NOW + 30_000))
        .await
        .unwrap();

    match claim {
        Claim::Acquired(run) => {
            let counts = u32::from(!case.is_between_slices);
            assert_eq!(run.attempt, record.attempt + counts);
            assert!(!run.is_between_slices);
            (ClaimDecision::Start, decision)
        }
        Claim::Refused(said, old) => {
            assert_eq!(old, Some(record.into()));
            assert_eq!(table.item(&id).await, item, "a refused claim wrote");
            (said, decision)
        }
    }
}

async fn each_case_of_a_claim_is_what_the_table_of_cases_says(table: &Table) {
    for (case, expected) in table_of_cases() {
        let (said, decision) = claim_and_decide(table, &case).await;
        assert_eq!((said, decision), (expected, expected), "{case:?}");
    }
}

async fn a_claim_gets_any_record_exactly_when_the_decision_is_to_start(table: &Table) {
    let runtime = tokio::runtime::Handle::current();
    let table = table.clone();
    let property = move || {
        let config = Config {
            cases: 400,
            failure_persistence: None,
            ..Config::default()
        };
        TestRunner::new(config).run(&any_case(), |case| {
            let (said, decision) = runtime.block_on(claim_and_decide(&table, &case));
            if said == decision {
                Ok(())
            } else {
                Err(TestCaseError::fail(format!("{said:?}, not {decision:?}")))
            }
        })
    };
    let outcome = tokio::task::spawn_blocking(property).await.unwrap();
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

checks![
    each_case_of_a_claim_is_what_the_table_of_cases_says,
    a_claim_gets_any_record_exactly_when_the_decision_is_to_start,
];
