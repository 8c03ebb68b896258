//! The message of a job: its id and its input.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::{Fingerprint, JobId, KindName, TraceContext, UploadedObject};

/// Maximum size of a message, in bytes: 1 MiB since August 2025
/// (<https://aws.amazon.com/about-aws/whats-new/2025/08/amazon-sqs-max-payload-size-1mib/>).
pub const MAX_MESSAGE_BYTES: usize = 1_048_576;

/// Maximum time that a queue keeps a message: 14 days
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>).
pub const MAX_MESSAGE_AGE: Duration = Duration::from_secs(14 * 24 * 3_600);

/// Maximum size of a message without the input and its uploads, in bytes.
pub const MESSAGE_ENVELOPE_BYTES: usize = 1_024;

/// A job as the queue carries it. Only the message contains the input, so the record stays small, and polling cheap.
#[derive(Clone, Debug)]
pub struct JobMessage {
    /// The id of the job.
    pub id: JobId,
    /// The kind of the job.
    pub kind: KindName,
    /// The fingerprint of the request. A claim compares it with the record.
    pub fingerprint: Fingerprint,
    /// The trace context of the request, if it had one.
    pub traceparent: Option<TraceContext>,
    /// The uploads that the input names.
    pub uploads: Vec<UploadedObject>,
    /// The input, as the client wrote it.
    pub input: Box<RawValue>,
}

/// The body is not a message of this service.
#[derive(Debug, thiserror::Error)]
#[error("not a message of this service")]
pub struct ParseMessageError(#[source] Option<serde_json::Error>);

impl ParseMessageError {
    /// The body is JSON, but not what this service writes.
    pub(super) const NOT_OURS: Self = Self(None);

    pub(super) fn of(error: serde_json::Error) -> Self {
        Self(Some(error))
    }
}

#[derive(Serialize)]
struct Outgoing<'a> {
    id: &'a str,
    name: &'a str,
    fingerprint: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    uploads: &'a [UploadedObject],
    input: &'a RawValue,
}

/// A body of this release or an earlier one. The schedule of a job that starts in a year sends what was written today, so a release must
/// read the messages of a year: a new member is optional, and no member is removed, renamed or read otherwise.
#[derive(Deserialize)]
struct Received {
    id: String,
    name: String,
    fingerprint: String,
    traceparent: Option<String>,
    #[serde(default)]
    uploads: Vec<UploadedObject>,
    input: Box<RawValue>,
}

impl JobMessage {
    /// The message's body: JSON of characters that SQS accepts.
    #[must_use]
    pub fn to_body(&self) -> String {
        let id = self.id.to_string();
        let (name, fingerprint) = (self.kind.as_str(), self.fingerprint.as_str());
        let body = serde_json::to_string(&Outgoing {
            id: &id,
            name,
            fingerprint,
            traceparent: self.traceparent.as_ref().map(TraceContext::as_str),
            uploads: &self.uploads,
            input: &self.input,
        });
        // Strings and raw JSON always serialize.
        escape_what_sqs_refuses(body.unwrap_or_default())
    }

    /// Reads a message's body.
    ///
    /// # Errors
    /// [`ParseMessageError`] if [`Self::to_body`] did not write it.
    pub fn parse(body: &str) -> Result<Self, ParseMessageError> {
        let read: Received = serde_json::from_str(body).map_err(ParseMessageError::of)?;
        Ok(Self {
            id: read.id.parse().map_err(|_| ParseMessageError::NOT_OURS)?,
            kind: read.name.parse().map_err(|_| ParseMessageError::NOT_OURS)?,
            fingerprint: Fingerprint::from_hex(&read.fingerprint)
                .ok_or(ParseMessageError::NOT_OURS)?,
            traceparent: read.traceparent.and_then(|text| TraceContext::read(&text)),
            uploads: read.uploads,
            input: read.input,
        })
    }
}

/// Escapes U+FFFE and U+FFFF, which SQS refuses and JSON allows. In JSON text they occur only in strings, where an escape means the
/// same.
fn escape_what_sqs_refuses(body: String) -> String {
    if body.contains(['\u{fffe}', '\u{ffff}']) {
        body.replace('\u{fffe}', "\\ufffe")
            .replace('\u{ffff}', "\\uffff")
    } else {
        body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::accepted;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    fn message(input: &str) -> JobMessage {
        let record = accepted();
        let input = RawValue::from_string(input.to_owned()).unwrap();
        JobMessage {
            traceparent: TraceContext::read(TRACE),
            id: record.id,
            kind: record.kind,
            fingerprint: record.fingerprint,
            uploads: Vec::new(),
            input,
        }
    }

    #[test]
    fn a_message_reads_back_with_its_input_to_the_letter() {
        let sent = message(r#"{"n": 1e2,  "text": "\u00e9🚀"}"#);
        let read = JobMessage::parse(&sent.to_body()).unwrap();
        assert_eq!(
            (read.id, read.kind, read.fingerprint),
            (sent.id, sent.kind, sent.fingerprint)
        );
        assert_eq!(read.input.get(), sent.input.get());
        assert_eq!(read.traceparent.unwrap().as_str(), TRACE);
    }

    #[test]
    fn a_message_reads_back_with_its_uploads() {
        let id = "018f4d3e-0000-8000-8000-000000000000".parse().unwrap();
        let (etag, bytes) = ("\"0af\"".to_owned(), 7);
        let uploads = vec![UploadedObject { id, etag, bytes }];
        let sent = JobMessage {
            uploads: uploads.clone(),
            ..message("1")
        };
        assert_eq!(JobMessage::parse(&sent.to_body()).unwrap().uploads, uploads);
        assert!(!message("1").to_body().contains("uploads"));
    }

    #[test]
    fn messages_of_earlier_releases_are_read() {
        // Written in November 2026. Schedules keep such bodies for a year, so add newer ones and change none.
        let body = r#"{"id":"01234567-89ab-8cde-8f01-23456789abcd","name":"csv_profile","fingerprint":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f","traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","uploads":[{"id":"018f4d3e-0000-8000-8000-000000000000","etag":"\"0af\"","bytes":7}],"input":{"csv":{"upload":"018f4d3e-0000-8000-8000-000000000000"}}}"#;
        let read = JobMessage::parse(body).unwrap();
        assert_eq!(read.id.to_string(), "01234567-89ab-8cde-8f01-23456789abcd");
        assert_eq!(read.kind.as_str(), "csv_profile");
        assert!(read.fingerprint.as_str().starts_with("00010203"));
        assert_eq!(read.traceparent.unwrap().as_str(), TRACE);
        let upload = &read.uploads[0];
        assert_eq!((upload.etag.as_str(), upload.bytes), ("\"0af\"", 7));
        assert!(read.input.get().starts_with(r#"{"csv":{"upload":"#));

        // The least that a body has.
        let body = r#"{"id":"01234567-89ab-8cde-8f01-23456789abcd","name":"test","fingerprint":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f","input":1}"#;
        let read = JobMessage::parse(body).unwrap();
        assert!(read.traceparent.is_none() && read.uploads.is_empty());
    }

    #[test]
    fn characters_that_sqs_refuses_are_escaped_and_mean_the_same() {
        let body = message("\"\u{fffe}x\u{ffff}\"").to_body();
        assert!(!body.contains(['\u{fffe}', '\u{ffff}']));
        let read: String =
            serde_json::from_str(JobMessage::parse(&body).unwrap().input.get()).unwrap();
        assert_eq!(read, "\u{fffe}x\u{ffff}");
    }

    #[test]
    fn the_envelope_stays_within_what_is_reserved_for_it() {
        let longest = JobMessage {
            kind: "k".repeat(64).parse().unwrap(),
            ..message("1")
        };
        assert!(longest.to_body().len() < MESSAGE_ENVELOPE_BYTES);
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let good = message("1").to_body();
        for body in [
            "",
            "{}",
            "[]",
            "hello",
            &good.replace("\"input\":1", "\"input\":"),
            &good.replace(r#""name":"test""#, r#""name":"TEST""#),
        ] {
            assert!(JobMessage::parse(body).is_err(), "{body}");
        }
    }
}
