//! The input of a job: a JSON text, a file or stdin, and fields.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};

/// Why an input cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file does not exist, or cannot be read.
    #[error("{name} cannot be read")]
    Unreadable {
        /// The file, as the caller named it.
        name: String,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// JSON, and so an input, is UTF-8.
    #[error("{name} is not UTF-8: line {line} has an invalid byte")]
    NotUtf8 {
        /// The file, as the caller named it.
        name: String,
        /// The first line with an invalid byte, from 1.
        line: usize,
    },
    /// The text is not JSON.
    #[error("{name} is not JSON")]
    NotJson {
        /// Where the text is from.
        name: String,
        /// Where parsing failed.
        #[source]
        source: serde_json::Error,
    },
    /// `--field` adds members, and only an object has members.
    #[error("{0} must be a JSON object, because --field adds members to it")]
    NotAnObject(String),
}

/// Reads a file of UTF-8 text; `-` is stdin.
pub fn read_text(path: &Path) -> Result<String, InputError> {
    let is_stdin = path == Path::new("-");
    let name = if is_stdin {
        "stdin".to_owned()
    } else {
        path.display().to_string()
    };
    let bytes = if is_stdin {
        let mut bytes = Vec::new();
        io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(path)
    };
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(source) => return Err(InputError::Unreadable { name, source }),
    };
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.split(|byte| *byte == b'\n').count();
        InputError::NotUtf8 { name, line }
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

impl FieldValue {
    fn load(self) -> Result<Value, InputError> {
        Ok(match self {
            Self::Text(text) => Value::String(text),
            Self::File(path) => Value::String(read_text(&path)?),
            Self::Json(value) => value,
        })
    }
}

/// The input of a job: a JSON text, a file or stdin (`-`), or an empty object if there is neither; then the fields.
pub(super) fn build_input(
    literal: Option<String>,
    file: Option<&Path>,
    fields: Vec<Field>,
) -> Result<Box<RawValue>, InputError> {
    let (name, text) = match (literal, file) {
        (Some(dash), _) if dash == "-" => ("stdin".to_owned(), read_text(Path::new("-"))?),
        (Some(text), _) => ("the input".to_owned(), text),
        (None, Some(path)) => (path.display().to_string(), read_text(path)?),
        (None, None) => ("the input".to_owned(), "{}".to_owned()),
    };
    let not_json = |source| InputError::NotJson {
        name: name.clone(),
        source,
    };
    let input: Box<RawValue> = serde_json::from_str(&text).map_err(not_json)?;
    if fields.is_empty() {
        return Ok(input);
    }
    let mut members: Map<String, Value> =
        serde_json::from_str(input.get()).map_err(|_| InputError::NotAnObject(name.clone()))?;
    for Field { key, value } in fields {
        members.insert(key, value.load()?);
    }
    to_raw_value(&members).map_err(not_json)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn file_of(bytes: &[u8]) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    fn fields(texts: &[&str]) -> Vec<Field> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn fields_are_text_files_and_json() {
        let csv = file_of("city\nZürich\n".as_bytes());
        let from_file = format!("csv=@{}", csv.path().display());
        let input = build_input(
            None,
            None,
            fields(&[&from_file, "zip=00501", "limit:=3", "a=b=c"]),
        )
        .unwrap();

        assert_eq!(
            input.get(),
            r#"{"a":"b=c","csv":"city\nZürich\n","limit":3,"zip":"00501"}"#
        );
    }

    #[test]
    fn fields_are_added_to_an_object_and_to_nothing_else() {
        let input = build_input(Some(r#"{"a":1}"#.to_owned()), None, fields(&["b=2"])).unwrap();
        let error = build_input(Some("[1]".to_owned()), None, fields(&["b=2"])).unwrap_err();

        assert_eq!(input.get(), r#"{"a":1,"b":"2"}"#);
        assert_eq!(
            error.to_string(),
            "the input must be a JSON object, because --field adds members to it"
        );
    }

    #[test]
    fn an_input_without_fields_is_sent_as_it_is_written() {
        let file = file_of(br#"{"b": 1.10, "a": 12345678901234567890123}"#);
        let input = build_input(None, Some(file.path()), Vec::new()).unwrap();

        assert_eq!(input.get(), r#"{"b": 1.10, "a": 12345678901234567890123}"#);
    }

    #[test]
    fn a_file_in_another_encoding_is_named_with_the_line() {
        let file = file_of(b"city\nBern\nZ\xfcrich\n");
        let message = read_text(file.path()).unwrap_err().to_string();

        assert!(
            message.contains(&file.path().display().to_string()),
            "{message}"
        );
        assert!(message.contains("line 3"), "{message}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let message = read_text(Path::new("no/such.csv")).unwrap_err().to_string();

        assert_eq!(message, "no/such.csv cannot be read");
    }

    #[test]
    fn a_field_without_a_key_or_with_bad_json_is_refused() {
        for text in ["csv", "=x", ":=1", "n:=one"] {
            assert!(text.parse::<Field>().is_err(), "{text}");
        }
    }
}
