use std::io;
use std::time::Duration;

use reqwest::{StatusCode, Url};

use super::connection::is_loopback;
use super::{Exit, InputError, Problem};

/// Why a call came to nothing, split by what the caller can do about it.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// No HTTP client could be made on this machine (TLS, resolver).
    #[error("no HTTP client can be made here")]
    Setup(#[source] reqwest::Error),
    /// No answer came. Trying again may help, or starting the service.
    #[error("{service} can't be reached")]
    Unreachable {
        /// The service's origin.
        service: String,
        /// Whether that is this machine, where the reader can start it.
        here: bool,
        /// What went wrong below HTTP.
        #[source]
        source: reqwest::Error,
    },
    /// 429 or 5xx: the same request may succeed later.
    #[error("the service is busy: {problem}")]
    Busy {
        /// What the service says.
        problem: Problem,
        /// How long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// Another 4xx: the request has to change.
    #[error("{0}")]
    Refused(Problem),
    /// 404: never issued, or not yours; for a result also: not ready.
    #[error("{0}")]
    NotFound(Problem),
    /// 410: its time is over; for a result also: there will never be one.
    #[error("{0}")]
    Gone(Problem),
    /// An answer that is not in the contract: most likely something else lives at this URL.
    #[error("unexpected answer from {url}{}: {what}", .status.map(|status| format!(" ({status})")).unwrap_or_default())]
    Unexpected {
        /// What was asked.
        url: String,
        /// The HTTP status, when there was one.
        status: Option<u16>,
        /// What is odd about it.
        what: String,
    },
    /// An input file or member can't be used.
    #[error(transparent)]
    Input(#[from] InputError),
    /// The output can't be written.
    #[error("the output can't be written")]
    Output(#[from] io::Error),
}

impl ClientError {
    pub fn unreachable(url: &Url, source: reqwest::Error) -> Self {
        Self::Unreachable {
            service: url.origin().ascii_serialization(),
            here: is_loopback(url),
            source,
        }
    }

    pub fn unexpected(url: &Url, status: Option<StatusCode>, what: impl Into<String>) -> Self {
        Self::Unexpected {
            url: url.to_string(),
            status: status.map(|status| status.as_u16()),
            what: what.into(),
        }
    }

    /// Whether the same request may succeed in a moment.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Unreachable { .. } | Self::Busy { .. })
    }

    /// The exit code that tells a script about this error.
    #[must_use]
    pub fn exit(&self) -> Exit {
        match self {
            Self::Setup(_)
            | Self::Unreachable { .. }
            | Self::Busy { .. }
            | Self::Unexpected { .. } => Exit::Unreachable,
            Self::Refused(_) | Self::Input(_) | Self::Output(_) => Exit::Usage,
            Self::NotFound(_) | Self::Gone(_) => Exit::Gone,
        }
    }

    /// Says on stderr what went wrong, and returns the exit code for it. A reader of stdout that has had enough
    /// (`list | head -1`) is no error.
    pub fn report(&self) -> Exit {
        if matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            return Exit::Success;
        }
        eprintln!("error: {}", self.explanation());
        self.exit()
    }

    /// The message, its cause, and what can be done.
    pub fn explanation(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        let mut innermost = None;
        while let Some(error) = cause {
            innermost = Some(error);
            cause = error.source();
        }
        if let Some(error) = innermost {
            text = format!("{text}: {error}");
        }
        if let Self::Unreachable { here: true, .. } = self {
            text.push_str(
                "\n  Is it running? `cargo run` starts it; --url or ACCEPTED_URL name another one.",
            );
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TextFile;

    #[test]
    fn an_explanation_says_everything_once() {
        let error = ClientError::Input(InputError::NotUtf8 {
            name: "a.csv".to_owned(),
            line: 2,
        });
        let missing = TextFile::read("no/such.csv".as_ref())
            .map_err(ClientError::Input)
            .unwrap_err();

        assert_eq!(error.explanation().matches("a.csv").count(), 1);
        assert!(
            missing
                .explanation()
                .starts_with("no/such.csv can't be read: "),
            "{}",
            missing.explanation()
        );
    }
}
