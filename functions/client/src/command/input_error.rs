//! Why an input cannot be used.

use std::io;

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
    /// The file does not fit in the submission, and the deployment does not accept uploads.
    #[error("{0} is too large to be sent inline, and this deployment does not accept uploads")]
    TooLarge(String),
    /// The file cannot be part of JSON, and the deployment does not accept uploads.
    #[error(
        "{name} is not UTF-8 (line {line}), so it cannot be sent inline, and this deployment does not accept uploads"
    )]
    NotText {
        /// The file, as the caller named it.
        name: String,
        /// The first line with an invalid byte, from 1.
        line: usize,
    },
    /// A line of `--each` does not fit in a request.
    #[error("line {line} of {name} is too large: with --each, files cannot be uploaded")]
    LineTooLarge {
        /// The file, as the caller named it.
        name: String,
        /// The line, from 1.
        line: usize,
    },
    /// `cancel --all` cannot ask.
    #[error("nothing was canceled: there is no terminal to ask at")]
    NobodyToAsk,
    /// `--field` adds members, and only an object has members.
    #[error("{0} must be a JSON object, because --field adds members to it")]
    NotAnObject(String),
}
