//! Metrics as log lines in the embedded metric format, which `CloudWatch` turns into metrics.

mod embedded;

use std::io::Write as _;
use std::time::Duration;

use self::embedded::{About, Directive, HandBackLine, Line, Measured, Metric};
use crate::{Environment, HandBack, JobRecord, KindName, Outcome, Timestamp};

/// Writes metrics, if the deployment wants them.
#[derive(Clone, Debug)]
pub struct Metrics {
    namespace: Option<String>,
}

/// An event in the life of a job that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happened {
    /// Jobs were accepted. Each is counted once, however often its request was repeated.
    Accepted {
        /// Number of jobs: more than 1 in a batch.
        jobs: u64,
    },
    /// An attempt was claimed. Not counted for a job that ended a slice since its scheduled start.
    Claimed {
        /// Time since it was due: since the scheduled start, or the planned start of the next attempt.
        after: Duration,
    },
    /// An attempt ended, with any outcome, or a slice of one.
    AttemptOver {
        /// Duration of the attempt, or of its latest slice.
        ran: Duration,
    },
    /// The job finished.
    Ended {
        /// Its outcome.
        outcome: Outcome,
        /// Number of attempts that it took.
        attempts: u32,
    },
    /// A message was delivered whose job had finished or was already running.
    DeliveredAgain,
    /// A delivery of a webhook was made.
    WebhookSent {
        /// Whether the receiver has it.
        is_delivered: bool,
    },
    /// A webhook is not delivered any more, although no delivery is known to have arrived. One whose job was deleted does not count: its
    /// owner no longer needs it.
    WebhookGivenUp,
}

const COUNT: &str = "Count";
const MILLISECONDS: &str = "Milliseconds";

impl Happened {
    /// Name, unit and value of each metric.
    fn measured(self) -> Vec<Measured> {
        match self {
            Self::Accepted { jobs } => vec![("JobAccepted", COUNT, jobs)],
            Self::Claimed { after } => vec![("QueueDelay", MILLISECONDS, milliseconds(after))],
            Self::AttemptOver { ran } => vec![("RunTime", MILLISECONDS, milliseconds(ran))],
            // All three each time, so that the average of one is its share of all finished jobs.
            Self::Ended { outcome, attempts } => vec![
                (
                    "JobSucceeded",
                    COUNT,
                    u64::from(outcome == Outcome::Success),
                ),
                ("JobFailed", COUNT, u64::from(outcome == Outcome::Failed)),
                (
                    "JobCanceled",
                    COUNT,
                    u64::from(outcome == Outcome::Canceled),
                ),
                ("Attempts", COUNT, attempts.into()),
            ],
            Self::DeliveredAgain => vec![("DuplicateDelivery", COUNT, 1)],
            // Both each time, so that the average of the second is its share of all deliveries.
            Self::WebhookSent { is_delivered } => vec![
                ("WebhookAttempts", COUNT, 1),
                ("WebhookDelivered", COUNT, u64::from(is_delivered)),
            ],
            Self::WebhookGivenUp => vec![("WebhookFailed", COUNT, 1)],
        }
    }
}

impl Metrics {
    /// Metrics in the namespace `METRICS_NAMESPACE`. If that is not set, nothing is written.
    #[must_use]
    pub fn of(environment: &Environment) -> Self {
        Self {
            namespace: environment.optional("METRICS_NAMESPACE"),
        }
    }

    /// Writes a line to standard output about an event at `now` in the life of a job of this kind.
    pub fn write(&self, kind: &KindName, happened: Happened, now: Timestamp) {
        write(self.line(kind, happened, now));
    }

    /// Writes that a message was returned to the queue.
    pub fn write_hand_back(&self, reason: HandBack, now: Timestamp) {
        write(self.hand_back_line(reason, now));
    }

    /// Writes that a job finished with this outcome.
    pub fn write_end(&self, job: &JobRecord, outcome: Outcome, now: Timestamp) {
        let attempts = job.attempt;
        self.write(&job.kind, Happened::Ended { outcome, attempts }, now);
    }

    fn line(&self, kind: &KindName, happened: Happened, now: Timestamp) -> Option<String> {
        let line = Line {
            namespace: self.namespace.as_ref()?,
            kind: kind.as_str(),
            measured: &happened.measured(),
            timestamp: now.ms(),
        };
        serde_json::to_string(&line).ok()
    }

    /// `HandedBack` by reason; for faults `HandBackFault` as well, without a dimension, so that one plain alarm covers them.
    fn hand_back_line(&self, reason: HandBack, now: Timestamp) -> Option<String> {
        const COUNTED: Metric = Metric {
            name: "HandedBack",
            unit: COUNT,
        };
        const FAULT: Metric = Metric {
            name: "HandBackFault",
            unit: COUNT,
        };
        let namespace = self.namespace.as_ref()?;
        let directive = |dimensions, metric| Directive {
            namespace,
            dimensions,
            metrics: vec![metric],
        };
        let mut directives = vec![directive(&[&["reason"]], COUNTED)];
        if reason.is_fault() {
            directives.push(directive(&[&[]], FAULT));
        }
        let line = HandBackLine {
            about: About {
                timestamp: now.ms(),
                cloud_watch_metrics: directives,
            },
            reason: reason.as_str(),
            handed_back: 1,
            fault: reason.is_fault().then_some(1),
        };
        serde_json::to_string(&line).ok()
    }
}

fn write(line: Option<String>) {
    if let Some(line) = line {
        // A job must not fail because a metric cannot be written.
        let _ = writeln!(std::io::stdout().lock(), "{line}");
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn line(variables: &[(&str, &str)], happened: Happened) -> Option<Value> {
        let kind = "csv_profile".parse().unwrap();
        let metrics = Metrics::of(&Environment::of(variables));
        let line = metrics.line(&kind, happened, Timestamp::from_ms(1_500))?;
        serde_json::from_str(&line).unwrap()
    }

    #[test]
    fn a_line_is_what_cloudwatch_makes_metrics_of() {
        let after = Duration::from_millis(250);
        let variables = [("METRICS_NAMESPACE", "Accepted/stack")];
        assert_eq!(
            line(&variables, Happened::Claimed { after }).unwrap(),
            json!({
                "_aws": {
                    "Timestamp": 1_500,
                    "CloudWatchMetrics": [{
                        "Namespace": "Accepted/stack",
                        "Dimensions": [[], ["kind"]],
                        "Metrics": [{ "Name": "QueueDelay", "Unit": "Milliseconds" }],
                    }],
                },
                "kind": "csv_profile",
                "QueueDelay": 250,
            })
        );
    }

    #[test]
    fn an_end_is_one_of_three_and_the_others_are_none() {
        let variables = [("METRICS_NAMESPACE", "n")];
        for (outcome, expected) in [
            (Outcome::Success, [1, 0, 0]),
            (Outcome::Failed, [0, 1, 0]),
            (Outcome::Canceled, [0, 0, 1]),
        ] {
            let attempts = 2;
            let line = line(&variables, Happened::Ended { outcome, attempts }).unwrap();
            let said = ["JobSucceeded", "JobFailed", "JobCanceled"].map(|name| line[name].clone());
            assert_eq!(said, expected.map(Value::from));
            assert_eq!(line["Attempts"], 2);
        }
    }

    fn hand_back(reason: HandBack) -> Value {
        let metrics = Metrics::of(&Environment::of(&[("METRICS_NAMESPACE", "n")]));
        let line = metrics.hand_back_line(reason, Timestamp::from_ms(1_500));
        serde_json::from_str(&line.unwrap()).unwrap()
    }

    #[test]
    fn a_hand_back_is_counted_by_its_reason() {
        let directive = json!({
            "Namespace": "n",
            "Dimensions": [["reason"]],
            "Metrics": [{ "Name": "HandedBack", "Unit": "Count" }],
        });
        let about = json!({ "Timestamp": 1_500, "CloudWatchMetrics": [directive] });
        assert_eq!(
            hand_back(HandBack::TooEarly),
            json!({ "_aws": about, "reason": "too-early", "HandedBack": 1 })
        );
    }

    #[test]
    fn a_fault_among_the_hand_backs_is_counted_without_its_reason_too() {
        let line = hand_back(HandBack::Table);
        assert_eq!(
            (&line["reason"], &line["HandedBack"]),
            (&json!("table"), &json!(1))
        );
        assert_eq!(line["HandBackFault"], 1);
        let directives = &line["_aws"]["CloudWatchMetrics"];
        assert_eq!(directives[0]["Dimensions"], json!([["reason"]]));
        assert_eq!(directives[1]["Dimensions"], json!([[]]));
        let fault = json!([{ "Name": "HandBackFault", "Unit": "Count" }]);
        assert_eq!(directives[1]["Metrics"], fault);
    }

    #[test]
    fn where_nobody_looks_nothing_is_written() {
        assert_eq!(line(&[], Happened::Accepted { jobs: 1 }), None);
        let metrics = Metrics::of(&Environment::of(&[]));
        assert_eq!(
            metrics.hand_back_line(HandBack::Table, Timestamp::from_ms(0)),
            None
        );
    }
}
