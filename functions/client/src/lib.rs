//! A small HTTP client for the service, wherever it runs: the commands `submit`, `watch`, `cancel`, `list`, `result` and
//! `delete`, and the display half of `demo`.
//!
//! It knows nothing but the HTTP contract, so it drives a deployed service as well as the local one. Each command is a
//! module with the arguments (`Args`) and a function `run`; [`ClientCommand`] is all of them as one clap subcommand, to be
//! flattened into a larger command line. [`Client`] is the same without a terminal, for code that wants to submit and
//! watch jobs itself.

mod calls;
pub mod clock;
mod command;
mod connection;
mod countdown;
mod document;
mod error;
mod exit;
mod input;
mod job_ref;
pub mod job_table;
mod listing;
pub mod numbers;
mod options;
mod pace;
mod problem;
pub mod progress;
mod request;
mod submission;
pub mod text;
mod watching;

pub mod cancel;
pub mod delete;
pub mod list;
pub mod result;
pub mod submit;
pub mod watch;

pub use calls::{Cancellation, Status};
pub use command::ClientCommand;
pub use connection::Client;
pub use document::{JobDocument, JobError, JobState, JobStatus, StatusDocument};
pub use error::ClientError;
pub use exit::{EXIT_CODES, Exit, Output};
pub use input::{Field, InputError, TextFile};
pub use job_ref::{InvalidJobRef, JobRef};
pub use listing::{JobPage, ListQuery};
pub use options::{ConnectionArgs, DEFAULT_URL, Header, Options, RetryPolicy};
pub use problem::{PointedError, Problem};
pub use progress::Progress;
pub use request::{IdempotencyKey, Request};
pub use submission::Accepted;
pub use watching::{Ending, Sighting};
