//! The body of a submit.

use std::time::Duration;

use api::{Problem, ProblemKind, is_xml_char};
use engine::{
    CallbackPolicy, CallbackUrl, Fingerprint, Intake, KindName, MAX_SUMMARY_CHARS, NamedUpload,
    Timestamp, pointer_to,
};
use serde_json::value::RawValue;

use crate::App;
use crate::body::Members;

/// A valid request for a job.
#[derive(Debug)]
pub(crate) struct RequestedJob {
    pub(crate) fingerprint: Fingerprint,
    pub(crate) kind: KindName,
    pub(crate) max_attempts: u32,
    pub(crate) input: Box<RawValue>,
    /// The uploads that the input names.
    pub(crate) uploads: Vec<NamedUpload>,
    pub(crate) summary: String,
    pub(crate) scheduled_start: Timestamp,
    pub(crate) callback: Option<CallbackUrl>,
}

/// Reads a job: the body of a submit, or an item of a batch, with the fingerprint of its text.
///
/// # Errors
/// 422: nothing may be stored or sent.
pub(crate) fn parse(
    mut members: Members<'_>,
    fingerprint: Fingerprint,
    app: &App,
    now: Timestamp,
) -> Result<RequestedJob, Problem> {
    let kind = kind(&mut members, &app.intake);
    let name = kind.as_ref().map(|(name, _)| name);
    let input = input(&mut members, name, &app.intake);
    let summary = summary(&mut members);
    let scheduled_start = scheduled_start(&mut members, app.max_schedule_ahead, now);
    let callback = callback(&mut members, app.callbacks.as_ref());
    members.end()?;
    // Whatever is missing is an error, so this one is never seen.
    let incomplete = || Problem::new(ProblemKind::InvalidJob);
    let (kind, max_attempts) = kind.ok_or_else(incomplete)?;
    let (input, uploads) = input.ok_or_else(incomplete)?;
    Ok(RequestedJob {
        fingerprint,
        kind,
        max_attempts,
        input: input.to_owned(),
        uploads,
        summary,
        scheduled_start,
        callback,
    })
}

fn kind(members: &mut Members<'_>, intake: &Intake) -> Option<(KindName, u32)> {
    let name: String = members.required("name", "must be a string")?;
    let kind = name.parse::<KindName>().ok();
    let known = kind.and_then(|kind| Some((intake.max_attempts(&kind)?, kind)));
    let names: Vec<_> = intake.names().map(KindName::as_str).collect();
    let wanted = format!(
        "is not a job kind of this service (available: {})",
        names.join(", ")
    );
    let known = members.or_wrong(known, "/name", &wanted);
    known.map(|(max_attempts, kind)| (kind, max_attempts))
}

/// The input, and the uploads that it names.
fn input<'a>(
    members: &mut Members<'a>,
    kind: Option<&KindName>,
    intake: &Intake,
) -> Option<(&'a RawValue, Vec<NamedUpload>)> {
    let input = members.raw("input")?;
    match intake.check(kind?, input.get()) {
        Ok(uploads) => Some((input, uploads)),
        Err(refused) => {
            for error in refused {
                members.wrong(&format!("/input{}", error.pointer), &error.detail);
            }
            None
        }
    }
}

fn summary(members: &mut Members<'_>) -> String {
    let summary: String = members
        .optional("summary", "must be a string")
        .unwrap_or_default();
    if summary.chars().count() > MAX_SUMMARY_CHARS {
        members.wrong(
            "/summary",
            &format!("must not exceed {MAX_SUMMARY_CHARS} characters"),
        );
    }
    // An Atom entry contains the summary, and XML cannot represent these characters.
    if let Some(control) = summary.chars().find(|c| !is_xml_char(*c)) {
        let code = u32::from(control);
        members.wrong(
            "/summary",
            &format!("must not contain the character U+{code:04X}"),
        );
    }
    summary
}

/// The scheduled start; `now` if it is in the past.
fn scheduled_start(members: &mut Members<'_>, ahead: Duration, now: Timestamp) -> Timestamp {
    const WANTED: &str = "must be an RFC 3339 date-time such as 2026-01-01T10:50:45Z";
    let Some(text) = members.optional::<String>("scheduled-start-time", WANTED) else {
        return now;
    };
    let Some(start) = Timestamp::parse_rfc3339(&text) else {
        members.wrong("/scheduled-start-time", WANTED);
        return now;
    };
    let latest = now.plus(ahead);
    if start > latest {
        let seconds = ahead.as_secs();
        members.wrong(
            "/scheduled-start-time",
            &format!("must not be after {latest}, {seconds} seconds from now"),
        );
    }
    start.max(now)
}

/// The URL of the callback. In a deployment without webhooks, `callback` is not a known member.
fn callback(members: &mut Members<'_>, policy: Option<&CallbackPolicy>) -> Option<CallbackUrl> {
    let policy = policy?;
    let mut callback = members.object("callback", "must be an object with the member 'url'")?;
    let url = callback.remove("url");
    for name in callback.into_keys() {
        let pointer = format!("/callback{}", pointer_to(&name));
        members.wrong(&pointer, "is not a known member");
    }
    let read = match url.map(|url| serde_json::from_str::<String>(url.get())) {
        None => Err("is missing".to_owned()),
        Some(Err(_)) => Err("must be a string".to_owned()),
        Some(Ok(url)) => CallbackUrl::parse(&url, policy).map_err(|refused| refused.to_string()),
    };
    read.map_err(|detail| members.wrong("/callback/url", &detail))
        .ok()
}
