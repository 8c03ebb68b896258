//! The files that fields name: text for the input, or content for an upload.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::CommandError;
use super::utf8::{Utf8Check, invalid_line};
use crate::{Content, MAX_BODY_BYTES};

/// Media types by file name extension. These are text, which must be UTF-8, as it must be inside JSON.
const TEXT_TYPES: [(&str, &str); 3] = [
    ("csv", "text/csv"),
    ("json", "application/json"),
    ("txt", "text/plain"),
];
/// The media type of any other file.
const BINARY_TYPE: &str = "application/octet-stream";

/// A file that a field names.
#[derive(Debug)]
pub(super) struct FieldFile {
    /// The file, as the caller named it.
    pub(super) name: String,
    media_type: &'static str,
    pub(super) payload: Payload,
}

/// The contents of a file, as far as they are read.
#[derive(Debug)]
pub(super) enum Payload {
    /// Text that can be part of the input, if it has room for all of them.
    Text(String),
    /// Bytes that must be uploaded, and why.
    Bytes(Vec<u8>, Reason),
    /// A file that is too large for the input by itself.
    Large(PathBuf),
    /// The contents of a pipe that are too large for the input, in a temporary file.
    Piped(NamedTempFile),
}

/// Why a file cannot be part of the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    TooLarge,
    /// The line of the first invalid byte, from 1.
    NotUtf8(usize),
}

impl FieldFile {
    /// Opens a file; `-` is stdin. Reads the whole file if it could fit in the input.
    pub(super) fn open(path: &Path) -> Result<Self, CommandError> {
        let name = name_of(path);
        let payload = load(path).map_err(|source| CommandError::Unreadable {
            name: name.clone(),
            source,
        })?;
        let media_type = media_type_of(path);
        match payload {
            Payload::Bytes(_, Reason::NotUtf8(line)) if media_type != BINARY_TYPE => {
                Err(CommandError::NotUtf8 { name, line })
            }
            payload => Ok(Self {
                name,
                media_type,
                payload,
            }),
        }
    }

    /// Turns a text into bytes to upload, because the input has no room for it.
    pub(super) fn move_out(&mut self) {
        if let Payload::Text(text) = &mut self.payload {
            let bytes = std::mem::take(text).into_bytes();
            self.payload = Payload::Bytes(bytes, Reason::TooLarge);
        }
    }

    /// Why the file is uploaded.
    pub(super) fn reason(&self) -> Reason {
        match self.payload {
            Payload::Bytes(_, reason) => reason,
            _ => Reason::TooLarge,
        }
    }

    /// The length in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let length = |path: &Path| fs::metadata(path).map_or(0, |metadata| metadata.len());
        match &self.payload {
            Payload::Text(text) => text.len() as u64,
            Payload::Bytes(bytes, _) => bytes.len() as u64,
            Payload::Large(path) => length(path),
            Payload::Piped(file) => length(file.path()),
        }
    }

    /// The content to upload. A large file is read for its digest, and `on_read` gets the number of bytes after each piece.
    pub(super) fn content(&self, on_read: impl FnMut(u64)) -> Result<Content, CommandError> {
        match &self.payload {
            Payload::Text(text) => Ok(Content::memory(text.clone(), self.media_type)),
            Payload::Bytes(bytes, _) => Ok(Content::memory(bytes.clone(), self.media_type)),
            Payload::Large(path) => self.read(path, on_read),
            Payload::Piped(file) => self.read(file.path(), on_read),
        }
    }

    fn read(&self, path: &Path, mut on_read: impl FnMut(u64)) -> Result<Content, CommandError> {
        let is_text = self.media_type != BINARY_TYPE;
        let mut check = Utf8Check::default();
        let mut invalid = None;
        let inspect = |piece: &[u8]| {
            on_read(piece.len() as u64);
            if is_text && let Err(line) = check.push(piece) {
                invalid = Some(line);
                return Err(io::ErrorKind::InvalidData.into());
            }
            Ok(())
        };
        let content = Content::inspected_file(path.to_owned(), self.media_type.to_owned(), inspect);
        let name = self.name.clone();
        let content = match (invalid, content) {
            (Some(line), _) => return Err(CommandError::NotUtf8 { name, line }),
            (None, Ok(content)) => content,
            (None, Err(source)) => return Err(CommandError::Unreadable { name, source }),
        };
        match check.end() {
            Ok(()) => Ok(content),
            Err(line) => Err(CommandError::NotUtf8 { name, line }),
        }
    }
}

/// The name of a file in messages.
pub(super) fn name_of(path: &Path) -> String {
    if is_stdin(path) {
        return "stdin".to_owned();
    }
    path.display().to_string()
}

pub(super) fn is_stdin(path: &Path) -> bool {
    path == Path::new("-")
}

fn media_type_of(path: &Path) -> &'static str {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    let found = TEXT_TYPES.iter().find(|(text, _)| extension == *text);
    found.map_or(BINARY_TYPE, |(_, media_type)| media_type)
}

fn load(path: &Path) -> io::Result<Payload> {
    if is_stdin(path) {
        return load_from(io::stdin().lock(), None);
    }
    let file = File::open(path)?;
    let regular = file.metadata()?.is_file().then_some(path);
    load_from(file, regular)
}

/// Reads a file, or as much of it as shows that it is too large. `regular` is its path if it can be read a second time.
fn load_from(mut reader: impl Read, regular: Option<&Path>) -> io::Result<Payload> {
    let mut bytes = Vec::new();
    let limit = MAX_BODY_BYTES as u64 + 1;
    reader.by_ref().take(limit).read_to_end(&mut bytes)?;
    if bytes.len() <= MAX_BODY_BYTES {
        return Ok(match String::from_utf8(bytes) {
            Ok(text) => Payload::Text(text),
            Err(error) => {
                let line = invalid_line(error.as_bytes()).unwrap_or(1);
                Payload::Bytes(error.into_bytes(), Reason::NotUtf8(line))
            }
        });
    }
    if let Some(path) = regular {
        return Ok(Payload::Large(path.to_owned()));
    }
    let mut copy = NamedTempFile::new()?;
    copy.write_all(&bytes)?;
    io::copy(&mut reader, &mut copy)?;
    Ok(Payload::Piped(copy))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file_of(suffix: &str, bytes: &[u8]) -> NamedTempFile {
        let mut file = NamedTempFile::with_suffix(suffix).unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn a_text_that_could_fit_is_read_whole_and_a_larger_one_is_not() {
        let fits = file_of(".csv", &vec![b'a'; MAX_BODY_BYTES]);
        let larger = file_of(".csv", &vec![b'a'; MAX_BODY_BYTES + 1]);

        let fits = FieldFile::open(fits.path()).unwrap();
        let larger = FieldFile::open(larger.path()).unwrap();

        assert!(matches!(fits.payload, Payload::Text(_)));
        assert!(matches!(larger.payload, Payload::Large(_)));
    }

    #[test]
    fn a_file_that_calls_itself_text_must_be_utf_8_whatever_its_length() {
        let mut bytes = b"city\nZ\xfcrich\n".to_vec();
        let short = FieldFile::open(file_of(".CSV", &bytes).path());
        bytes.splice(0..0, "東京\n".repeat(MAX_BODY_BYTES).bytes());
        let large = file_of(".csv", &bytes);
        let large = FieldFile::open(large.path()).unwrap().content(|_| ());

        let line = |error| match error {
            CommandError::NotUtf8 { line, .. } => line,
            error => panic!("{error}"),
        };
        assert_eq!(line(short.unwrap_err()), 2);
        assert_eq!(line(large.unwrap_err()), MAX_BODY_BYTES + 2);
    }

    #[test]
    fn media_types_go_by_the_extension() {
        let of = |name: &str| media_type_of(name.as_ref());

        assert_eq!(of("a/b.CSV"), "text/csv");
        assert_eq!(of("b.json"), "application/json");
        assert_eq!(of("b.txt"), "text/plain");
        assert_eq!(of("csv"), BINARY_TYPE);
        assert_eq!(of("-"), BINARY_TYPE);
    }
}
