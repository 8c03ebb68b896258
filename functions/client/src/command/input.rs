//! The input of a job: a JSON text, a file or stdin, and fields.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Value, json};
use uuid::Uuid;

use super::CommandError;
use super::file::{FieldFile, Payload, is_stdin, name_of};
use super::utf8::invalid_line;

/// The reference to an upload, as JSON: `{"upload":"<id>"}`.
const REFERENCE_BYTES: usize = 13 + 36;

/// Reads a file of UTF-8 text; `-` is stdin.
pub fn read_text(path: &Path) -> Result<String, CommandError> {
    let name = name_of(path);
    let mut bytes = Vec::new();
    let read = if is_stdin(path) {
        io::stdin().lock().read_to_end(&mut bytes)
    } else {
        File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    if let Err(source) = read {
        return Err(CommandError::Unreadable { name, source });
    }
    String::from_utf8(bytes).map_err(|error| CommandError::NotUtf8 {
        name,
        line: invalid_line(error.as_bytes()).unwrap_or(1),
    })
}

/// One member of the input, from the command line: `key=text`, `key=@file` or `key:=json`.
#[derive(Debug, Clone)]
pub(super) struct Field {
    key: String,
    value: FieldValue,
}

#[derive(Debug, Clone)]
enum FieldValue {
    Text(String),
    File(PathBuf),
    Json(Value),
}

impl FromStr for Field {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key, value) = text
            .split_once('=')
            .ok_or("a field is key=text, key=@file or key:=json")?;
        let (key, value) = match (key.strip_suffix(':'), value.strip_prefix('@')) {
            (Some(key), _) => (key, FieldValue::Json(parse_json(value)?)),
            (None, Some(path)) => (key, FieldValue::File(path.into())),
            (None, None) => (key, FieldValue::Text(value.to_owned())),
        };
        if key.is_empty() {
            return Err("a field needs a key".to_owned());
        }
        Ok(Self {
            key: key.to_owned(),
            value,
        })
    }
}

fn parse_json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("the text after := is not JSON: {error}"))
}

/// The input of a job, before its large files are uploaded.
#[derive(Debug)]
pub(super) enum Input {
    /// As it was written.
    Raw(Box<RawValue>),
    /// An object with fields.
    Members(BTreeMap<String, Member>),
}

/// A member of an input.
#[derive(Debug)]
pub(super) enum Member {
    Json(Value),
    File(FieldFile),
}

impl Serialize for Member {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Json(value) => value.serialize(serializer),
            Self::File(file) => match &file.payload {
                Payload::Text(text) => text.serialize(serializer),
                // As long as the reference to the upload that it will be.
                _ => json!({"upload": Uuid::nil().to_string()}).serialize(serializer),
            },
        }
    }
}

impl Input {
    /// Reads a JSON text, a file or stdin (`-`), or an empty object if there is neither; then the fields and their files.
    pub(super) fn load(
        literal: Option<String>,
        file: Option<&Path>,
        fields: Vec<Field>,
    ) -> Result<Self, CommandError> {
        let (name, text) = match (literal, file) {
            (Some(dash), _) if dash == "-" => ("stdin".to_owned(), read_text(Path::new("-"))?),
            (Some(text), _) => ("the input".to_owned(), text),
            (None, Some(path)) => (path.display().to_string(), read_text(path)?),
            (None, None) => ("the input".to_owned(), "{}".to_owned()),
        };
        let input: Box<RawValue> = match serde_json::from_str(&text) {
            Ok(input) => input,
            Err(source) => return Err(CommandError::NotJson { name, source }),
        };
        if fields.is_empty() {
            return Ok(Self::Raw(input));
        }
        let members: BTreeMap<String, Value> =
            serde_json::from_str(input.get()).map_err(|_| CommandError::NotAnObject(name))?;
        let members = members.into_iter();
        let mut members: BTreeMap<_, _> = members
            .map(|(key, value)| (key, Member::Json(value)))
            .collect();
        let mut added = BTreeSet::new();
        for Field { key, value } in fields {
            let member = match value {
                FieldValue::Text(text) => Member::Json(Value::String(text)),
                FieldValue::Json(value) => Member::Json(value),
                FieldValue::File(path) => Member::File(FieldFile::open(&path)?),
            };
            if !added.insert(key.clone()) {
                return Err(CommandError::Twice(key));
            }
            members.insert(key, member);
        }
        Ok(Self::Members(members))
    }

    /// Moves files out of the input until it has no more than `room` bytes, the largest first: that uploads the fewest.
    pub(super) fn fit(&mut self, room: usize) -> Result<(), serde_json::Error> {
        let Self::Members(members) = self else {
            return Ok(());
        };
        let mut length = serde_json::to_vec(members)?.len();
        let mut texts = Vec::new();
        for member in members.values_mut() {
            let text = serde_json::to_vec(member)?.len();
            if let Member::File(file) = member {
                texts.push((text, file));
            }
        }
        texts.sort_by_key(|(text, _)| Reverse(*text));
        for (text, file) in texts {
            if length <= room {
                break;
            }
            file.move_out();
            length = length - text + REFERENCE_BYTES;
        }
        Ok(())
    }

    /// The files to upload, each with the member that becomes the reference to it.
    pub(super) fn uploads(&mut self) -> impl Iterator<Item = &mut Member> {
        let members = match self {
            Self::Raw(_) => None,
            Self::Members(members) => Some(members.values_mut()),
        };
        members.into_iter().flatten().filter(|member| {
            matches!(member, Member::File(file) if !matches!(file.payload, Payload::Text(_)))
        })
    }

    /// The JSON.
    pub(super) fn into_json(self) -> Result<Box<RawValue>, serde_json::Error> {
        match self {
            Self::Raw(input) => Ok(input),
            Self::Members(members) => to_raw_value(&members),
        }
    }
}

#[cfg(test)]
mod tests;
