//! The body of a submit. A refusal lists all its errors at once.

use std::collections::BTreeMap;
use std::time::Duration;

use api::{FieldError, Incoming, Problem, ProblemKind, is_xml_char};
use engine::{
    Intake, KindName, MAX_MESSAGE_BYTES, MAX_SUMMARY_CHARS, MESSAGE_ENVELOPE_BYTES, Timestamp,
    pointer_to,
};
use serde::Deserialize;
use serde_json::value::RawValue;

/// The maximum size of a body, in bytes: it must fit into one message of the queue.
pub(crate) const MAX_BODY_BYTES: usize = MAX_MESSAGE_BYTES - MESSAGE_ENVELOPE_BYTES;

/// Maximum number of errors that a refusal lists. A response of Lambda must not exceed 6 MB, and a body can have a hundred thousand
/// errors.
const MAX_ERRORS: usize = 20;

/// Maximum length of an error's pointer, and of its detail: both can repeat text of the client.
const MAX_ERROR_CHARS: usize = 200;

/// A valid request for a job.
#[derive(Debug)]
pub(crate) struct RequestedJob {
    pub(crate) kind: KindName,
    pub(crate) max_attempts: u32,
    pub(crate) input: Box<RawValue>,
    pub(crate) summary: String,
    pub(crate) scheduled_start: Timestamp,
}

/// Reads the body of a submit. A job must not start more than `ahead` from `now`.
///
/// # Errors
/// 413, 415, 400 or 422: nothing may be stored or sent.
pub(crate) fn parse(
    incoming: &Incoming,
    intake: &Intake,
    ahead: Duration,
    now: Timestamp,
) -> Result<RequestedJob, Problem> {
    if incoming.body.len() > MAX_BODY_BYTES {
        return Err(too_large());
    }
    check_media_type(incoming)?;
    let text = std::str::from_utf8(&incoming.body).map_err(|error| unreadable(&error))?;
    if text.trim().is_empty() {
        return Err(malformed("The request has no body."));
    }
    let whole: &RawValue = serde_json::from_str(text).map_err(|error| unreadable(&error))?;
    let members: BTreeMap<String, &RawValue> = serde_json::from_str(whole.get()).map_err(|_| {
        let mut errors = Errors::default();
        errors.add("", "must be a JSON object");
        errors.problem()
    })?;
    let errors = Errors::default();
    Members { members, errors }.job(intake, ahead, now)
}

/// The problem of a body that does not fit into a message.
pub(crate) fn too_large() -> Problem {
    let detail = format!("The body must not exceed {MAX_BODY_BYTES} bytes.");
    Problem::new(ProblemKind::BodyTooLarge)
        .detail(detail)
        .limit_bytes(MAX_BODY_BYTES)
}

/// Accepts `application/json` and `application/*+json`, with any parameters. A body without a type counts as JSON.
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

/// The message of the parser, which repeats no text of the body.
fn unreadable(error: &impl std::fmt::Display) -> Problem {
    malformed(&format!("The body cannot be parsed: {error}."))
}

/// The errors in the body: the first [`MAX_ERRORS`], and the number of all.
#[derive(Default)]
struct Errors {
    listed: Vec<FieldError>,
    count: usize,
}

impl Errors {
    fn add(&mut self, pointer: &str, detail: &str) {
        self.count += 1;
        if self.listed.len() < MAX_ERRORS {
            self.listed.push(FieldError {
                pointer: cut(pointer),
                detail: cut(detail),
            });
        }
    }

    fn problem(self) -> Problem {
        let more = self.count - self.listed.len();
        // The detail repeats the errors for clients that do not know `errors`.
        let said = self.listed.iter();
        let said = said.map(|error| format!("{} {}", place(&error.pointer), error.detail));
        let rest = (more > 0).then(|| format!("{more} more errors"));
        let said: Vec<_> = said.chain(rest).collect();
        Problem::new(ProblemKind::InvalidJob)
            .detail(said.join("; "))
            .errors(self.listed, more)
    }
}

/// Returns `text`, or its beginning and an ellipsis.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_ERROR_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

fn place(pointer: &str) -> &str {
    if pointer.is_empty() {
        "the body"
    } else {
        pointer
    }
}

/// The members of the body that have not been read yet, and the errors in the others.
struct Members<'a> {
    members: BTreeMap<String, &'a RawValue>,
    errors: Errors,
}

impl<'a> Members<'a> {
    fn job(
        mut self,
        intake: &Intake,
        ahead: Duration,
        now: Timestamp,
    ) -> Result<RequestedJob, Problem> {
        let kind = self.kind(intake);
        let input = self.input(kind.as_ref().map(|(kind, _)| kind), intake);
        let summary = self.summary();
        let scheduled_start = self.scheduled_start(ahead, now);
        for name in std::mem::take(&mut self.members).into_keys() {
            self.wrong(&pointer_to(&name), "is not a known member");
        }
        match (kind, input) {
            (Some((kind, max_attempts)), Some(input)) if self.errors.count == 0 => {
                Ok(RequestedJob {
                    kind,
                    max_attempts,
                    input: input.to_owned(),
                    summary,
                    scheduled_start,
                })
            }
            _ => Err(self.errors.problem()),
        }
    }

    fn kind(&mut self, intake: &Intake) -> Option<(KindName, u32)> {
        let name: String = self.required("name", "must be a string")?;
        let known = name
            .parse::<KindName>()
            .ok()
            .and_then(|kind| Some((intake.max_attempts(&kind)?, kind)));
        if known.is_none() {
            let names: Vec<_> = intake.names().map(KindName::as_str).collect();
            self.wrong(
                "/name",
                &format!(
                    "is not a job kind of this service (available: {})",
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
            for error in refused {
                self.wrong(&format!("/input{}", error.pointer), &error.detail);
            }
        }
        Some(input)
    }

    fn summary(&mut self) -> String {
        let summary: String = self
            .optional("summary", "must be a string")
            .unwrap_or_default();
        if summary.chars().count() > MAX_SUMMARY_CHARS {
            self.wrong(
                "/summary",
                &format!("must not exceed {MAX_SUMMARY_CHARS} characters"),
            );
        }
        // An Atom entry contains the summary, and XML cannot represent these characters.
        if let Some(control) = summary.chars().find(|c| !is_xml_char(*c)) {
            let code = u32::from(control);
            self.wrong(
                "/summary",
                &format!("must not contain the character U+{code:04X}"),
            );
        }
        summary
    }

    /// The scheduled start; `now` if it is in the past.
    fn scheduled_start(&mut self, ahead: Duration, now: Timestamp) -> Timestamp {
        const WANTED: &str = "must be an RFC 3339 date-time such as 2026-01-01T10:50:45Z";
        let Some(text) = self.optional::<String>("scheduled-start-time", WANTED) else {
            return now;
        };
        let Ok(start) = Timestamp::parse_rfc3339(&text) else {
            self.wrong("/scheduled-start-time", WANTED);
            return now;
        };
        let latest = now.plus(ahead);
        if start > latest {
            let seconds = ahead.as_secs();
            self.wrong(
                "/scheduled-start-time",
                &format!("must not be after {latest}, {seconds} seconds from now"),
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
        self.errors.add(pointer, detail);
    }
}
