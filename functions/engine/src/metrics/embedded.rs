//! The embedded metric format.
//!
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

/// Name, unit and value of a metric.
pub(super) type Measured = (&'static str, &'static str, u64);

/// A line about a message that was returned to the queue.
#[derive(Serialize)]
pub(super) struct HandBackLine<'a> {
    #[serde(rename = "_aws")]
    pub(super) about: About<'a>,
    pub(super) reason: &'static str,
    #[serde(rename = "HandedBack")]
    pub(super) handed_back: u8,
    #[serde(rename = "HandBackFault", skip_serializing_if = "Option::is_none")]
    pub(super) fault: Option<u8>,
}

/// A line about a job: its metrics for all kinds together and for each kind. There are no other dimensions, because each would cost
/// money.
pub(super) struct Line<'a> {
    pub(super) namespace: &'a str,
    pub(super) kind: &'a str,
    pub(super) measured: &'a [Measured],
    pub(super) timestamp: i64,
}

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut line = serializer.serialize_map(None)?;
        let directive = Directive {
            namespace: self.namespace,
            dimensions: &[&[], &["kind"]],
            metrics: self
                .measured
                .iter()
                .map(|&(name, unit, _)| Metric { name, unit })
                .collect(),
        };
        let about = About {
            timestamp: self.timestamp,
            cloud_watch_metrics: vec![directive],
        };
        line.serialize_entry("_aws", &about)?;
        line.serialize_entry("kind", self.kind)?;
        for (name, _, value) in self.measured {
            line.serialize_entry(name, value)?;
        }
        line.end()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct About<'a> {
    pub(super) timestamp: i64,
    pub(super) cloud_watch_metrics: Vec<Directive<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Directive<'a> {
    pub(super) namespace: &'a str,
    pub(super) dimensions: &'a [&'a [&'a str]],
    pub(super) metrics: Vec<Metric>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
}
