//! How a command ends: its error, and the exit code of the process.

use std::error::Error;
use std::io;
use std::process::{ExitCode, Termination};

use crate::{ClientError, Job, JobStatus, SigningError};

/// How a command ended, as the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// The command succeeded; a watched job succeeded.
    Success = 0,
    /// The watched job failed.
    Failed = 1,
    /// The command line, an input file or the request is wrong. Clap uses the same code.
    Usage = 2,
    /// The watched job was canceled.
    Canceled = 3,
    /// The job, or its result, is gone (410) or was not found (404).
    Gone = 4,
    /// The service cannot be reached, is busy, or gave a response that is not in the contract.
    Unreachable = 5,
    /// Ctrl-C, or a closed stdout, before all lines were submitted.
    Interrupted = 130,
}

/// The part of `--help` about exit codes.
pub(super) const EXIT_CODES: &str = "\
Exit codes:
  0  done; a watched job ended in SUCCESS
  1  the watched job ended in FAILED
  2  the command line or an input file is wrong, or the service refused the request (4xx) or a line of --each
  3  the watched job ended in CANCELED
  4  gone (410) or not found (404); for `result`, also if the job has no result (yet)
  5  the service cannot be reached or is busy, or its response is not in the contract
  130  --each was interrupted";

impl Exit {
    /// The exit code for the outcome of a watched job.
    pub(super) fn of(job: &Job) -> Self {
        match job.job_status {
            JobStatus::Success => Self::Success,
            JobStatus::Canceled => Self::Canceled,
            JobStatus::Failed => Self::Failed,
            // COMPLETED without an outcome: the contract has no such document.
            JobStatus::Undetermined | JobStatus::InProgress => Self::Unreachable,
        }
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A call failed.
    #[error(transparent)]
    Client(#[from] ClientError),
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
    #[error("nothing was canceled: the question needs a terminal")]
    NobodyToAsk,
    /// `--field` adds members, and only an object has members.
    #[error("{0} must be a JSON object, because --field adds members to it")]
    NotAnObject(String),
    /// Only one of the values could count.
    #[error("--field {0} is given more than once")]
    Twice(String),
    /// A file cannot be uploaded. Nothing was submitted.
    #[error("{name} cannot be uploaded")]
    Upload {
        /// The file, as the caller named it.
        name: String,
        /// Why.
        #[source]
        error: ClientError,
    },
    /// A submission was refused because its idempotency key was used before, and it names an upload that is new.
    #[error(transparent)]
    UploadUnderUsedKey(ClientError),
    /// The pages cannot be served on this port.
    #[error("port {port} on 127.0.0.1 cannot be used")]
    Port {
        /// The port; 0 is any.
        port: u16,
        /// The system's error.
        #[source]
        source: io::Error,
    },
    /// The output cannot be written.
    #[error("the output cannot be written")]
    Output(#[from] io::Error),
}

impl CommandError {
    /// Prints `error: what: cause` and what to do about it on stderr, and returns the exit code. A reader of stdout that
    /// closed it (`list | head -1`) is not an error.
    #[must_use]
    pub fn report(&self) -> Exit {
        if matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe) {
            return Exit::Success;
        }
        eprintln!("error: {}", self.explanation());
        match self {
            Self::Client(error) | Self::UploadUnderUsedKey(error) | Self::Upload { error, .. } => {
                exit_of(error)
            }
            _ => Exit::Usage,
        }
    }

    /// The error, its innermost cause, and what to do about it.
    fn explanation(&self) -> String {
        let (prefix, error): (_, &dyn Error) = match self {
            Self::Upload { error, .. } => (format!("{self}: "), error),
            error => (String::new(), error),
        };
        let mut innermost = error.source();
        while let Some(cause) = innermost.and_then(|error| error.source()) {
            innermost = Some(cause);
        }
        let cause = innermost.map(|error| format!(": {error}"));
        let cause = cause.unwrap_or_default();
        format!("{prefix}{error}{cause}{}", self.advice())
    }

    fn advice(&self) -> &'static str {
        match self {
            Self::Client(error) | Self::Upload { error, .. } => advice_on(error),
            Self::UploadUnderUsedKey(_) => {
                "\n  An upload gets a new id each time, so this is another request. Find the job of the earlier request with `list`."
            }
            Self::NotUtf8 { .. } => "\n  Convert it, for example with `iconv -t UTF-8`.",
            Self::NotText { .. } => {
                "\n  If it is text, convert it, for example with `iconv -t UTF-8`."
            }
            Self::TooLarge(_) => {
                "\n  Submit a smaller file, or ask the operator to enable large payloads."
            }
            Self::NobodyToAsk => "\n  Add --yes to cancel these jobs.",
            _ => "",
        }
    }
}

/// The exit code for the error of a call.
pub(super) fn exit_of(error: &ClientError) -> Exit {
    match error {
        ClientError::Refused(_)
        | ClientError::Signing(_)
        | ClientError::Input(_)
        | ClientError::NoUploads(_)
        | ClientError::Content(_) => Exit::Usage,
        ClientError::NotFound(_) | ClientError::Gone(_) => Exit::Gone,
        ClientError::Store(problem) => match problem.status {
            404 | 410 => Exit::Gone,
            400..500 => Exit::Usage,
            _ => Exit::Unreachable,
        },
        ClientError::Setup(_)
        | ClientError::Unreachable { .. }
        | ClientError::StoreUnreachable { .. }
        | ClientError::Busy { .. }
        | ClientError::Unexpected { .. } => Exit::Unreachable,
    }
}

/// What S3 says if the content is not that of the ticket.
const OTHER_CONTENT: [&str; 3] = [
    "BadDigest",
    "XAmzContentChecksumMismatch",
    "XAmzContentSHA256Mismatch",
];

fn advice_on(error: &ClientError) -> &'static str {
    match error {
        ClientError::Unreachable { here: true, .. } => {
            "\n  Is the service running? Start it with `cargo run`, or set --url or ACCEPTED_URL."
        }
        ClientError::Unreachable { .. } | ClientError::Unexpected { .. } => {
            "\n  Check --url or ACCEPTED_URL."
        }
        ClientError::StoreUnreachable { .. } => {
            "\n  Large files and results are on another host than the service. Check that your network allows connections to it."
        }
        ClientError::Store(problem) if OTHER_CONTENT.contains(&&*problem.title) => {
            "\n  The file has probably changed since it was read. Submit it again when no program writes to it."
        }
        ClientError::Content(_) => "\n  Submit it again when no program writes to it.",
        ClientError::Refused(problem) if matches!(problem.status, 401 | 403) => {
            "\n  Check the credentials: --header 'Authorization: Bearer …', or --profile or --sign (and the service's --region) for a service that authorizes with AWS IAM."
        }
        ClientError::Signing(SigningError::NoCredentials | SigningError::Credentials(_)) => {
            "\n  Choose a profile with --profile or AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        }
        ClientError::Signing(SigningError::Region) => "\n  Set --region.",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read_text;

    #[test]
    fn an_explanation_says_everything_once() {
        let error = CommandError::NotUtf8 {
            name: "a.csv".to_owned(),
            line: 2,
        };
        let missing = read_text("no/such.csv".as_ref()).unwrap_err();
        let missing = missing.explanation();

        let explanation = error.explanation();
        assert_eq!(explanation.matches("a.csv").count(), 1);
        assert!(
            missing.starts_with("no/such.csv cannot be read: No such file"),
            "{missing}"
        );
    }
}
