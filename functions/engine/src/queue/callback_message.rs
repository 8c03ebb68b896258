//! The message by which the end of a job is delivered.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::queue::ParseMessageError;
use crate::{CreationToken, JobId, JobRecord};

/// The message that is sent before the end of a job with a callback is written. It names the record, and contains nothing of the end, so
/// that it cannot report another end than the record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackMessage {
    /// The id of the job.
    pub id: JobId,
    /// The creation token of its record: another job may get the id later.
    pub acceptance: CreationToken,
}

/// How each body begins, so that a large message of a job is not parsed first.
const BEGINNING: &str = r#"{"callback":"#;

#[derive(Serialize, Deserialize)]
struct Body {
    callback: About,
}

#[derive(Serialize, Deserialize)]
struct About {
    id: String,
    acceptance: String,
}

impl CallbackMessage {
    /// The message about the end of this job.
    #[must_use]
    pub fn about(record: &JobRecord) -> Self {
        Self {
            id: record.id,
            acceptance: record.creation_token.clone(),
        }
    }

    /// The message's body, JSON. No body of a [`crate::JobMessage`] parses as one of these, and the other way round.
    #[must_use]
    pub fn to_body(&self) -> String {
        let callback = About {
            id: self.id.to_string(),
            acceptance: self.acceptance.as_str().to_owned(),
        };
        // Strings always serialize.
        serde_json::to_string(&Body { callback }).unwrap_or_default()
    }

    /// Reads a message's body.
    ///
    /// # Errors
    /// [`ParseMessageError`] if [`Self::to_body`] did not write it.
    pub fn parse(body: &str) -> Result<Self, ParseMessageError> {
        if !body.starts_with(BEGINNING) {
            return Err(ParseMessageError::NOT_OURS);
        }
        let read: Body = serde_json::from_str(body).map_err(ParseMessageError::of)?;
        let About { id, acceptance } = read.callback;
        Ok(Self {
            id: id.parse().map_err(|_| ParseMessageError::NOT_OURS)?,
            acceptance: CreationToken::stored(&acceptance).ok_or(ParseMessageError::NOT_OURS)?,
        })
    }

    /// How long after a message was sent the end that it announces can still be written.
    ///
    /// A message counts for each write of the end that begins within half of the write horizon after it was sent, and such a write takes
    /// effect within the write horizon. The other half is for differing clocks.
    #[must_use]
    pub fn end_may_come_for(write_horizon: Duration) -> Duration {
        write_horizon * 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JobMessage;
    use crate::record::tests::accepted;

    #[test]
    fn a_message_reads_back_and_is_not_a_job() {
        let message = CallbackMessage::about(&accepted());
        let body = message.to_body();
        assert_eq!(CallbackMessage::parse(&body).unwrap(), message);
        assert!(JobMessage::parse(&body).is_err());
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let good = CallbackMessage::about(&accepted()).to_body();
        let token = accepted().creation_token;
        for body in [
            "",
            "{}",
            r#"{"callback": {}}"#,
            &good.replace("\"id\":\"", "\"id\":\"x"),
            &good.replace(token.as_str(), ""),
        ] {
            assert!(CallbackMessage::parse(body).is_err(), "{body}");
        }
    }
}
