//! Tokens of monitor links. Anyone with such a link may see one job.
//!
//! ```text
//! <job id>.<accepted, ms>.<valid until, s>.<code>    the numbers in hexadecimal, the code is the HMAC of the text before it
//! ```
//!
//! The token contains the time of acceptance, because the id of an `Idempotency-Key` can get a new job after the old one has expired:
//! the link to the old job must not show the new one.

use crate::ids::mac;
use crate::{IdSecrets, JobId, JobRecord, Timestamp};

/// Size of the code in bytes: 128 bits cannot be guessed.
const CODE_BYTES: usize = 16;

/// A token that this deployment made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MonitorToken {
    /// The job that it shows.
    pub id: JobId,
    created_at: Timestamp,
    expires_at: Timestamp,
}

impl MonitorToken {
    /// Whether the token, and with it the job, has expired.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now >= self.expires_at
    }

    /// Whether the token was made for this job, not for an earlier one with the same id.
    #[must_use]
    pub fn is_of(&self, record: &JobRecord) -> bool {
        (self.id, self.created_at) == (record.id, record.created_at)
    }
}

impl IdSecrets {
    /// The token of a job, valid until the expiry in the record. A job that ends early expires before its token.
    #[must_use]
    pub fn monitor_token(&self, record: &JobRecord) -> String {
        let (created_ms, until) = (
            record.created_at.ms(),
            record.expires_at.seconds_rounded_up(),
        );
        let said = format!("{}.{created_ms:x}.{until:x}", record.id);
        // The prefix separates it from the tags of ids and the seeds of keys, which use the same secret.
        let code = mac(self.newest(), &[b"monitor", said.as_bytes()]);
        format!("{said}.{}", code_text(&code))
    }

    /// Reads a token that was made under one of the secrets; `None` for any other text.
    #[must_use]
    pub fn read_monitor_token(&self, text: &str) -> Option<MonitorToken> {
        let (said, code) = text.rsplit_once('.')?;
        let code = code_bytes(code)?;
        // The code covers the text, so no number has a second valid spelling.
        if !self.made(&[b"monitor", said.as_bytes()], &code) {
            return None;
        }
        let mut parts = said.split('.');
        let id = parts.next()?.parse().ok()?;
        let mut number = || i64::from_str_radix(parts.next()?, 16).ok();
        let (created_ms, until) = (number()?, number()?);
        Some(MonitorToken {
            id,
            created_at: Timestamp::from_ms(created_ms),
            expires_at: Timestamp::from_seconds(until),
        })
    }
}

/// The code as text: the first half of the HMAC.
fn code_text(mac: &[u8; 32]) -> String {
    hex::encode(&mac[..CODE_BYTES])
}

/// The bytes of the code; `None` unless the text has exactly their number of digits, in lower case.
fn code_bytes(text: &str) -> Option<[u8; CODE_BYTES]> {
    let mut code = [0; CODE_BYTES];
    let is_lower_case = !text.bytes().any(|b| b.is_ascii_uppercase());
    hex::decode_to_slice(text, &mut code).ok()?;
    is_lower_case.then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::{accepted, at};

    const A: &str = "0123456789abcdef0123456789abcdef";
    const B: &str = "fedcba9876543210fedcba9876543210";

    fn secrets(list: &str) -> IdSecrets {
        IdSecrets::parse("ID_SECRETS", list).unwrap()
    }

    #[test]
    fn a_token_names_its_job_until_the_job_s_time_is_over() {
        let record = accepted();
        let token = secrets(A).monitor_token(&record);
        let read = secrets(A).read_monitor_token(&token).unwrap();
        assert_eq!(read.id, record.id);
        assert!(read.is_of(&record));
        assert!(!read.is_expired(at(1_189)) && read.is_expired(at(1_190)));
    }

    #[test]
    fn a_token_does_not_show_a_later_job_with_its_id() {
        let record = accepted();
        let token = secrets(A).monitor_token(&record);
        let later = JobRecord {
            created_at: at(2_000),
            ..record
        };
        assert!(!secrets(A).read_monitor_token(&token).unwrap().is_of(&later));
    }

    #[test]
    fn a_token_of_another_deployment_is_none_and_one_from_before_a_rotation_is() {
        let token = secrets(A).monitor_token(&accepted());
        assert_eq!(secrets(B).read_monitor_token(&token), None);
        let rotated = secrets(&format!("{B},{A}"));
        assert!(rotated.read_monitor_token(&token).is_some());
        let new = rotated.monitor_token(&accepted());
        assert!(secrets(B).read_monitor_token(&new).is_some());
        assert_eq!(secrets(A).read_monitor_token(&new), None);
    }

    #[test]
    fn a_token_with_any_character_altered_left_out_or_added_is_none() {
        let secrets = secrets(A);
        let token = secrets.monitor_token(&accepted());
        for (at, old) in token.char_indices() {
            for new in ['0', '1', 'f', 'F', '.', '-'] {
                let altered = format!("{}{new}{}", &token[..at], &token[at + 1..]);
                let is_same = new == old;
                assert_eq!(secrets.read_monitor_token(&altered).is_some(), is_same);
            }
            assert_eq!(secrets.read_monitor_token(&token[..at]), None);
            assert_eq!(secrets.read_monitor_token(&token[at + 1..]), None);
            let longer = format!("{}0{}", &token[..at], &token[at..]);
            assert_eq!(secrets.read_monitor_token(&longer), None);
        }
        for text in [
            "",
            ".",
            "...",
            &format!("{token}."),
            &format!("{token}00"),
            "é.é",
        ] {
            assert_eq!(secrets.read_monitor_token(text), None, "{text}");
        }
    }

    #[test]
    fn no_id_and_no_other_use_of_the_secret_makes_a_code() {
        let (secrets, record) = (secrets(A), accepted());
        let said = format!("{}.1.ffffffff", record.id);
        for purpose in [&b"tag"[..], b"key", b""] {
            let code = mac(secrets.newest(), &[purpose, said.as_bytes()]);
            let forged = format!("{said}.{}", code_text(&code));
            assert_eq!(secrets.read_monitor_token(&forged), None);
        }
    }
}
