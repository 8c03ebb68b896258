//! The body of a submit, parsed whole: everything that is wrong with it is said at once.

use std::collections::BTreeMap;
use std::time::Duration;

use api::{FieldError, Incoming, Problem, ProblemKind, is_xml_char};
use engine::{
    Intake, KindName, MAX_MESSAGE_AGE, MAX_MESSAGE_BYTES, MAX_SUMMARY_CHARS,
    MESSAGE_ENVELOPE_BYTES, Timestamp, WRITE_HORIZON,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The largest body that is taken, in bytes: what fits into a message of the queue.
pub(crate) const MAX_BODY_BYTES: usize = MAX_MESSAGE_BYTES - MESSAGE_ENVELOPE_BYTES;

/// A job that can be accepted.
#[derive(Debug)]
pub(crate) struct Submission {
    pub(crate) kind: KindName,
    pub(crate) max_attempts: u32,
    pub(crate) input: Box<RawValue>,
    pub(crate) summary: String,
    pub(crate) scheduled_start: Timestamp,
}

/// Reads a submit's body.
///
/// # Errors
/// 413, 415, 400 or 422: nothing may be stored or sent.
pub(crate) fn parse(
    incoming: &Incoming,
    intake: &Intake,
    deadline: Duration,
    now: Timestamp,
) -> Result<Submission, Problem> {
    if incoming.body.len() > MAX_BODY_BYTES {
        return Err(too_large());
    }
    check_media_type(incoming)?;
    let text =
        std::str::from_utf8(&incoming.body).map_err(|error| malformed(&error.to_string()))?;
    if text.trim().is_empty() {
        return Err(malformed("there is no body"));
    }
    let whole: &RawValue =
        serde_json::from_str(text).map_err(|error| malformed(&error.to_string()))?;
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(whole.get()).map_err(|_| {
        invalid(vec![FieldError {
            pointer: String::new(),
            detail: "has to be an object".to_owned(),
        }])
    })?;
    Members {
        members,
        errors: Vec::new(),
    }
    .submission(intake, deadline, now)
}

/// The problem of a body that does not fit into a message.
pub(crate) fn too_large() -> Problem {
    let detail = format!("a body may have at most {MAX_BODY_BYTES} bytes");
    Problem::new(ProblemKind::BodyTooLarge)
        .detail(detail)
        .limit_bytes(MAX_BODY_BYTES)
}

/// `application/json` and `application/*+json`, with any parameters. A body without a type is taken for JSON.
fn check_media_type(incoming: &Incoming) -> Result<(), Problem> {
    let Some(value) = incoming.headers.get("content-type") else {
        return Ok(());
    };
    let media_type = value
        .to_str()
        .unwrap_or_default()
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let is_json = media_type == "application/json"
        || (media_type.starts_with("application/") && media_type.ends_with("+json"));
    if is_json {
        Ok(())
    } else {
        Err(Problem::new(ProblemKind::UnsupportedMediaType)
            .header("accept-post", api::JSON.to_owned()))
    }
}

fn malformed(why: &str) -> Problem {
    Problem::new(ProblemKind::MalformedJson).detail(why)
}

fn invalid(errors: Vec<FieldError>) -> Problem {
    // In full for clients that show the detail only; those that know `errors` have each place by itself.
    let listed: Vec<_> = errors
        .iter()
        .map(|error| format!("{} {}", place(&error.pointer), error.detail))
        .collect();
    Problem::new(ProblemKind::InvalidJob)
        .detail(listed.join("; "))
        .errors(errors)
}

fn place(pointer: &str) -> &str {
    if pointer.is_empty() {
        "the body"
    } else {
        pointer
    }
}

/// The members of the body, taken out one by one, and what was wrong with them.
struct Members<'a> {
    members: BTreeMap<String, &'a RawValue>,
    errors: Vec<FieldError>,
}

impl<'a> Members<'a> {
    fn submission(
        mut self,
        intake: &Intake,
        deadline: Duration,
        now: Timestamp,
    ) -> Result<Submission, Problem> {
        let kind = self.kind(intake);
        let input = self.input(kind.as_ref().map(|(kind, _)| kind), intake);
        let summary = self.summary();
        let scheduled_start = self.scheduled_start(deadline, now);
        for name in std::mem::take(&mut self.members).into_keys() {
            self.wrong(&pointer_to(&name), "is not a member of a job");
        }
        match (kind, input) {
            (Some((kind, max_attempts)), Some(input)) if self.errors.is_empty() => Ok(Submission {
                kind,
                max_attempts,
                input: input.to_owned(),
                summary,
                scheduled_start,
            }),
            _ => Err(invalid(self.errors)),
        }
    }

    fn kind(&mut self, intake: &Intake) -> Option<(KindName, u32)> {
        let name: String = self.required("name", "has to be a string")?;
        let known = name
            .parse::<KindName>()
            .ok()
            .and_then(|kind| Some((intake.max_attempts(&kind)?, kind)));
        if known.is_none() {
            let names: Vec<_> = intake.names().map(KindName::as_str).collect();
            self.wrong(
                "/name",
                &format!(
                    "is no job kind of this service; it has {}",
                    names.join(", ")
                ),
            );
        }
        known.map(|(max_attempts, kind)| (kind, max_attempts))
    }

    fn input(&mut self, kind: Option<&KindName>, intake: &Intake) -> Option<&'a RawValue> {
        let Some(input) = self.members.remove("input") else {
            self.wrong("/input", "is missing");
            return None;
        };
        if let Some(Err(refused)) = kind.map(|kind| intake.check(kind, input.get())) {
            self.wrong(&format!("/input{}", refused.pointer), &refused.detail);
        }
        Some(input)
    }

    fn summary(&mut self) -> String {
        let summary: String = self
            .optional("summary", "has to be a string")
            .unwrap_or_default();
        if summary.chars().count() > MAX_SUMMARY_CHARS {
            self.wrong(
                "/summary",
                &format!("may have at most {MAX_SUMMARY_CHARS} characters"),
            );
        }
        // It stands in Atom entries, and XML has no way to write these.
        if let Some(control) = summary.chars().find(|c| !is_xml_char(*c)) {
            let code = u32::from(control);
            self.wrong(
                "/summary",
                &format!("may not have the character U+{code:04X}"),
            );
        }
        summary
    }

    /// A start in the past is now.
    fn scheduled_start(&mut self, deadline: Duration, now: Timestamp) -> Timestamp {
        const WANTED: &str = "has to be an RFC 3339 date-time such as 2026-01-01T10:50:45Z";
        let Some(text) = self.optional::<String>("scheduled-start-time", WANTED) else {
            return now;
        };
        let Ok(start) = Timestamp::parse_rfc3339(&text) else {
            self.wrong("/scheduled-start-time", WANTED);
            return now;
        };
        // The message has to be there when the job is overdue.
        let latest = now.plus(MAX_MESSAGE_AGE.saturating_sub(deadline + WRITE_HORIZON));
        if start > latest {
            self.wrong(
                "/scheduled-start-time",
                &format!("may not be after {latest}"),
            );
        }
        start.max(now)
    }

    fn required<T: Deserialize<'a>>(&mut self, name: &str, wanted: &str) -> Option<T> {
        if !self.members.contains_key(name) {
            self.wrong(&pointer_to(name), "is missing");
        }
        self.optional(name, wanted)
    }

    fn optional<T: Deserialize<'a>>(&mut self, name: &str, wanted: &str) -> Option<T> {
        let value = self.members.remove(name)?;
        let read = serde_json::from_str(value.get()).ok();
        if read.is_none() {
            self.wrong(&pointer_to(name), wanted);
        }
        read
    }

    fn wrong(&mut self, pointer: &str, detail: &str) {
        self.errors.push(FieldError {
            pointer: pointer.to_owned(),
            detail: detail.to_owned(),
        });
    }
}

/// The JSON Pointer to a member (RFC 6901, section 3).
fn pointer_to(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}
