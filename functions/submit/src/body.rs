//! The body of a command: a JSON object. A refusal lists all its errors at once.

use std::collections::BTreeMap;
use std::fmt;

use api::{FieldError, Incoming, Problem, ProblemKind};
use engine::{MAX_MESSAGE_BYTES, MESSAGE_ENVELOPE_BYTES, pointer_to};
use lambda_http::http::Method;
use serde::Deserialize;
use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

/// The maximum size of a body, in bytes: it must fit into one message of the queue.
pub(crate) const MAX_BODY_BYTES: usize = MAX_MESSAGE_BYTES - MESSAGE_ENVELOPE_BYTES;

/// Maximum number of errors that a refusal lists. A response of Lambda must not exceed 6 MB, and a body can have a hundred thousand
/// errors.
const MAX_ERRORS: usize = 20;

/// Maximum length of an error's pointer, and of its detail: both can repeat text of the client.
const MAX_ERROR_CHARS: usize = 200;

/// The problem of a body that does not fit into a message.
pub(crate) fn too_large() -> Problem {
    let detail = format!("The body must not exceed {MAX_BODY_BYTES} bytes.");
    Problem::new(ProblemKind::BodyTooLarge)
        .detail(detail)
        .limit_bytes(MAX_BODY_BYTES)
}

/// Refuses a POST that a page of another site sent without a JSON type. Such a request needs no preflight, so the browser has not asked
/// whether that site may send it (Fetch Standard: CORS-safelisted request headers); with the type, it has. Other methods always need one.
///
/// # Errors
/// 415.
pub(crate) fn check_site(incoming: &Incoming) -> Result<(), Problem> {
    let site = incoming.header("sec-fetch-site");
    let is_foreign = matches!(site, Some("cross-site" | "same-site"));
    let is_unasked = incoming.method == Method::POST && has_json_type(incoming) != Some(true);
    if is_foreign && is_unasked {
        return Err(unsupported());
    }
    Ok(())
}

/// Whether the body is `application/json` or `application/*+json`, with any parameters; `None` if it has no type.
fn has_json_type(incoming: &Incoming) -> Option<bool> {
    let value = incoming.headers.get("content-type")?;
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
    Some(is_json)
}

fn unsupported() -> Problem {
    Problem::new(ProblemKind::UnsupportedMediaType).header("accept-post", api::JSON.to_owned())
}

fn malformed(why: &str) -> Problem {
    Problem::new(ProblemKind::MalformedJson).detail(why)
}

/// The message of the parser, which repeats no text of the body.
fn unreadable(error: &impl std::fmt::Display) -> Problem {
    malformed(&format!("The body cannot be parsed: {error}."))
}

/// The body of a request as JSON.
///
/// # Errors
/// 413, 415 or 400.
pub(crate) fn read(incoming: &Incoming) -> Result<&RawValue, Problem> {
    if incoming.body.len() > MAX_BODY_BYTES {
        return Err(too_large());
    }
    // A body without a type counts as JSON.
    if has_json_type(incoming) == Some(false) {
        return Err(unsupported());
    }
    let coding = incoming.header("content-encoding");
    if coding.is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
        return Err(
            unsupported().detail("Send the body without a Content-Encoding. Nothing was stored.")
        );
    }
    let text = std::str::from_utf8(&incoming.body).map_err(|error| unreadable(&error))?;
    if text.trim().is_empty() {
        return Err(malformed("The request has no body."));
    }
    serde_json::from_str(text).map_err(|error| unreadable(&error))
}

/// The errors in the body: the first [`MAX_ERRORS`], and the number of all.
struct Errors {
    refusal: ProblemKind,
    listed: Vec<FieldError>,
    count: usize,
}

impl Errors {
    fn new(refusal: ProblemKind) -> Self {
        Self {
            refusal,
            listed: Vec::new(),
            count: 0,
        }
    }

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
        Problem::new(self.refusal).errors(self.listed, more)
    }
}

/// The problem of these errors: pointer and requirement.
pub(crate) fn refused<P: AsRef<str>>(
    refusal: ProblemKind,
    found: impl IntoIterator<Item = (P, String)>,
) -> Problem {
    let mut errors = Errors::new(refusal);
    for (pointer, detail) in found {
        errors.add(pointer.as_ref(), &detail);
    }
    errors.problem()
}

/// Returns `text`, or its beginning and an ellipsis.
fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_ERROR_CHARS) {
        None => text.to_owned(),
        Some((end, _)) => format!("{}…", &text[..end]),
    }
}

/// The members of the body that have not been read yet, and the errors in the others.
pub(crate) struct Members<'a> {
    members: BTreeMap<String, &'a RawValue>,
    errors: Errors,
}

/// Adds the members of an object. Of members with the same name, serde would silently keep the last one.
impl<'de> Visitor<'de> for &mut Members<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((name, value)) = map.next_entry::<String, _>()? {
            if self.members.contains_key(&name) {
                self.wrong(&pointer_to(&name), "appears more than once");
            }
            self.members.insert(name, value);
        }
        Ok(())
    }
}

impl<'a> Members<'a> {
    /// The members of a request's body. `refusal` is the problem of what they lack.
    ///
    /// # Errors
    /// 413, 415, 400, or 422 if the body is not an object.
    pub(crate) fn of(incoming: &'a Incoming, refusal: ProblemKind) -> Result<Self, Problem> {
        Self::of_value(read(incoming)?, refusal)
    }

    /// The members of a JSON value.
    ///
    /// # Errors
    /// 422 if it is not an object.
    pub(crate) fn of_value(value: &'a RawValue, refusal: ProblemKind) -> Result<Self, Problem> {
        let mut members = Self::none(refusal);
        if members.add(value).is_none() {
            members.wrong("", "must be a JSON object");
            return Err(members.errors.problem());
        }
        Ok(members)
    }

    fn none(refusal: ProblemKind) -> Self {
        Self {
            members: BTreeMap::new(),
            errors: Errors::new(refusal),
        }
    }

    /// Adds the members of an object.
    fn add(&mut self, object: &'a RawValue) -> Option<()> {
        let mut json = Deserializer::from_str(object.get());
        json.deserialize_map(self).ok()
    }

    /// Ends the reading: a member that has not been read is not known.
    ///
    /// # Errors
    /// 422 with all errors.
    pub(crate) fn end(mut self) -> Result<(), Problem> {
        for name in std::mem::take(&mut self.members).into_keys() {
            self.wrong(&pointer_to(&name), "is not a known member");
        }
        if self.errors.count == 0 {
            Ok(())
        } else {
            Err(self.errors.problem())
        }
    }

    /// The JSON text of a member that must be there.
    pub(crate) fn raw(&mut self, name: &str) -> Option<&'a RawValue> {
        let value = self.members.remove(name);
        self.or_wrong(value, &pointer_to(name), "is missing")
    }

    /// The members of the object `name`.
    pub(crate) fn object(
        &mut self,
        name: &str,
        wanted: &str,
    ) -> Option<BTreeMap<String, &'a RawValue>> {
        let (value, pointer) = (self.members.remove(name)?, pointer_to(name));
        let mut inner = Self::none(self.errors.refusal);
        let added = inner.add(value);
        self.or_wrong(added, &pointer, wanted)?;
        for error in inner.errors.listed {
            self.wrong(&format!("{pointer}{}", error.pointer), &error.detail);
        }
        Some(inner.members)
    }

    pub(crate) fn required<T: Deserialize<'a>>(&mut self, name: &str, wanted: &str) -> Option<T> {
        if !self.members.contains_key(name) {
            self.wrong(&pointer_to(name), "is missing");
        }
        self.optional(name, wanted)
    }

    pub(crate) fn optional<T: Deserialize<'a>>(&mut self, name: &str, wanted: &str) -> Option<T> {
        let value = self.members.remove(name)?;
        let read = serde_json::from_str(value.get()).ok();
        self.or_wrong(read, &pointer_to(name), wanted)
    }

    /// Returns the value. Without one, what is there is wrong.
    pub(crate) fn or_wrong<T>(
        &mut self,
        value: Option<T>,
        pointer: &str,
        wanted: &str,
    ) -> Option<T> {
        if value.is_none() {
            self.wrong(pointer, wanted);
        }
        value
    }

    pub(crate) fn wrong(&mut self, pointer: &str, detail: &str) {
        self.errors.add(pointer, detail);
    }
}
