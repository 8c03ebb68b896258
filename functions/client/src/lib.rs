//! A client of any deployment of this service: a library for Rust programs, and the commands of the program `accepted`.
//!
//! [`Client`] submits jobs and follows them. It depends on nothing but the HTTP contract.
//!
//! ```no_run
//! use client::{Client, JobStatus, Options, Submission};
//! use serde_json::{Value, json};
//!
//! # async fn profile() -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::new("https://example.org/prod".parse()?, Options::default())?;
//! let mut submission = Submission::new("csv_profile", &json!({"csv": "city,people\nUlm,2\nBonn,3\n"}))?;
//! submission.idempotency_key = Some("import-17".parse()?);
//!
//! let accepted = client.submit(&submission).await?;
//! let job = client.wait(&accepted.status_uri).await?;
//! match job.job_status {
//!     JobStatus::Success => {
//!         let profile: Value = client.result(&accepted.status_uri).await?;
//!         println!("{} rows", profile["rows"]);
//!     }
//!     status => println!("{status}: {:?}", job.error),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! [`Client::upload`] stores a payload that does not fit in a submission ([`MAX_BODY_BYTES`]), if the deployment accepts uploads.
//! [`Client::result_body`] reads a result of any length in bounded memory.
//!
//! A job that was stored by its id is found again with [`JobRef`]; [`ClientError`] says what a caller can do about a failure.
//! [`ClientCommand`] is the command line, to be flattened into the command line of a program.

#![warn(missing_docs)]

/// The README's example is compiled, too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod batch;
mod calls;
mod client;
mod command;
mod content;
mod error;
mod job;
mod job_ref;
mod list;
mod options;
mod pace;
mod problem;
mod relay;
mod result;
mod signing;
mod store;
mod submission;
mod text;
mod upload;
mod watch;
mod webhook_secret;

pub use batch::{BatchItem, BatchProgress};
pub use calls::Cancellation;
pub use client::Client;
pub use command::{ClientCommand, CommandError, ConnectionArgs, Exit, Output, Progress, read_text};
pub use content::Content;
pub use error::ClientError;
pub use job::{Callback, CallbackState, Job, JobError, JobState, JobStatus};
pub use job_ref::{InvalidJobRef, JobRef};
pub use list::{JobPage, ListQuery};
pub use options::{Options, RetryPolicy};
pub use pace::Trouble;
pub use problem::{PointedError, Problem};
pub use reqwest::{Url, header::HeaderMap};
pub use result::ResultBody;
pub use signing::{SignWhen, Signing, SigningError};
pub use submission::{Accepted, IdempotencyKey, InvalidIdempotencyKey, MAX_BODY_BYTES, Submission};
pub use upload::{Upload, UploadProgress};
pub use watch::Sighting;
pub use webhook_secret::WebhookSecret;
