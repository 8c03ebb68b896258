use std::io::Write;
use std::process::{ExitCode, Termination};

/// Where a command writes what a script may want to read; everything else goes to stderr.
pub type Output = dyn Write + Send;

/// How a command ended, as the process's exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The command did what it is for; a watched job ended in SUCCESS.
    Success = 0,
    /// The watched job ended in FAILED.
    Failed = 1,
    /// The command line, an input file or the request itself is wrong. Clap uses the same code.
    Usage = 2,
    /// The watched job ended in CANCELED.
    Canceled = 3,
    /// The job, or its result, is gone (410) or was not found (404).
    Gone = 4,
    /// The service could not be reached, is overloaded, or gave an answer that is not in the contract.
    Unreachable = 5,
}

impl Exit {
    /// The number that the process exits with, 0 to 5.
    #[must_use]
    pub const fn code(self) -> u8 {
        self as u8
    }
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self.code())
    }
}

/// What `--help` says about exit codes.
pub const EXIT_CODES: &str = "\
Exit codes:
  0  done; a watched job ended in SUCCESS
  1  the watched job ended in FAILED
  2  the command line or an input file is wrong, or the service refused the request (4xx)
  3  the watched job ended in CANCELED
  4  gone (410) or not found (404); for `result` also: there is none, or not yet
  5  the service is unreachable or overloaded, or its answer is not in the contract";
