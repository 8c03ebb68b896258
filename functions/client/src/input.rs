use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::{fs, str};

use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// What can be wrong with an input before the service sees it.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// The file isn't there, or may not be read.
    #[error("{name} can't be read")]
    Unreadable {
        /// The file, as the caller named it.
        name: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// JSON, and so an input, is UTF-8.
    #[error(
        "{name} is not UTF-8: line {line} has a byte that doesn't belong there; convert it, for example with `iconv -t UTF-8`"
    )]
    NotUtf8 {
        /// The file, as the caller named it.
        name: String,
        /// The first line that is wrong, from 1.
        line: usize,
    },
    /// The text is not JSON.
    #[error("{name} is not JSON")]
    NotJson {
        /// Where the text came from.
        name: String,
        /// Where it goes wrong.
        #[source]
        source: serde_json::Error,
    },
    /// `--field` adds members, and only an object has members.
    #[error("--field adds members to the input, so {0} must be a JSON object")]
    NotAnObject(String),
}

/// A text file, read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFile {
    /// What to call it.
    pub name: String,
    /// Its contents.
    pub text: String,
}

impl TextFile {
    /// Reads a file of UTF-8 text; `-` is stdin.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        if path == Path::new("-") {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes);
            return Self::decode("stdin".to_owned(), read);
        }
        Self::decode(path.display().to_string(), fs::read(path))
    }

    fn decode(name: String, bytes: io::Result<Vec<u8>>) -> Result<Self, InputError> {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(source) => return Err(InputError::Unreadable { name, source }),
        };
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text }),
            Err(error) => {
                let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
                let line = good.split(|byte| *byte == b'\n').count();
                Err(InputError::NotUtf8 { name, line })
            }
        }
    }

    fn json(self) -> Result<Box<RawValue>, InputError> {
        let Self { name, text } = self;
        serde_json::from_str(&text).map_err(|source| InputError::NotJson { name, source })
    }
}

/// One member of the input, from the command line.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    key: String,
    value: FieldValue,
}

#[derive(Debug, Clone, PartialEq)]
enum FieldValue {
    Text(String),
    File(PathBuf),
    Json(Value),
}

impl FromStr for Field {
    type Err = String;

    /// `key=text`, `key=@file` or `key:=json`.
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
    serde_json::from_str(text).map_err(|error| format!("what follows := is not JSON: {error}"))
}

impl FieldValue {
    fn load(self) -> Result<Value, InputError> {
        Ok(match self {
            Self::Text(text) => Value::String(text),
            Self::File(path) => Value::String(TextFile::read(&path)?.text),
            Self::Json(value) => value,
        })
    }
}

/// The input of a job: a JSON text, a file of it or stdin (`-`), an empty object when there is neither; then the fields.
pub(super) fn build_input(
    literal: Option<String>,
    file: Option<&Path>,
    fields: Vec<Field>,
) -> Result<Box<RawValue>, InputError> {
    let source = match (literal, file) {
        (Some(dash), _) if dash == "-" => TextFile::read(Path::new("-"))?,
        (Some(text), _) => TextFile {
            name: "the input".to_owned(),
            text,
        },
        (None, Some(path)) => TextFile::read(path)?,
        (None, None) => TextFile {
            name: "the input".to_owned(),
            text: "{}".to_owned(),
        },
    };
    let name = source.name.clone();
    let input = source.json()?;
    if fields.is_empty() {
        return Ok(input);
    }
    add_fields(&name, &input, fields)
}

fn add_fields(
    name: &str,
    input: &RawValue,
    fields: Vec<Field>,
) -> Result<Box<RawValue>, InputError> {
    let mut members: Map<String, Value> =
        serde_json::from_str(input.get()).map_err(|_| InputError::NotAnObject(name.to_owned()))?;
    for Field { key, value } in fields {
        members.insert(key, value.load()?);
    }
    serde_json::value::to_raw_value(&members).map_err(|source| InputError::NotJson {
        name: name.to_owned(),
        source,
    })
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
            "--field adds members to the input, so the input must be a JSON object"
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
        let message = TextFile::read(file.path()).unwrap_err().to_string();

        assert!(
            message.contains(&file.path().display().to_string()),
            "{message}"
        );
        assert!(message.contains("line 3"), "{message}");
    }

    #[test]
    fn a_missing_file_is_named() {
        let message = TextFile::read(Path::new("no/such.csv"))
            .unwrap_err()
            .to_string();

        assert_eq!(message, "no/such.csv can't be read");
    }

    #[test]
    fn a_field_without_a_key_or_with_bad_json_is_refused() {
        for text in ["csv", "=x", ":=1", "n:=one"] {
            assert!(text.parse::<Field>().is_err(), "{text}");
        }
    }
}
