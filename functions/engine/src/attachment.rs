//! Inputs that may be large.

mod download;
mod error;
mod reader;
mod schema;

use std::fmt;

use bytes::Bytes;
use serde::Deserialize;
use serde::de::Deserializer;
use tokio::sync::mpsc;

use download::download;
pub(crate) use error::ReadError;
pub use reader::AttachmentReader;
pub use schema::{UPLOAD_MARK, describe_uploads};

use crate::{Context, JobError, UploadId, UploadedObject};

/// A part of an input that may be large. In a request it is a text or `{"upload": "<id>"}`: the id of a completed upload, which may
/// have any content. A handler reads both as a stream, in memory that does not grow with the content.
///
/// ```
/// use engine::{Attachment, Context, Job, JobError, Percent};
/// use schemars::JsonSchema;
/// use serde::Deserialize;
///
/// /// Counts the lines of a text.
/// #[derive(Deserialize, JsonSchema)]
/// #[serde(deny_unknown_fields)]
/// pub struct LineCount {
///     text: Attachment,
/// }
///
/// impl Job for LineCount {
///     const NAME: &'static str = "line_count";
///     type Output = u64;
///
///     async fn run(self, context: Context) -> Result<u64, JobError> {
///         // The byte where the text continues, and the lines before it, if an earlier attempt has saved them.
///         let (from, mut lines) = context.saved::<(u64, u64)>().unwrap_or_default();
///         let mut text = self.text.open(&context, from)?;
///         while let Some(chunk) = text.next().await? {
///             lines += chunk.iter().filter(|byte| **byte == b'\n').count() as u64;
///             context.save(&(text.position(), lines))?;
///             context.progress(Percent::of(text.position(), text.size()), format!("{lines} lines"));
///         }
///         Ok(lines)
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() {
/// let text = engine::test_kit::attachment("one\ntwo\n");
/// let run = engine::test_kit::run(LineCount { text }).await;
/// assert_eq!(run.result.unwrap(), 2);
/// # }
/// ```
#[derive(Clone)]
pub struct Attachment(Content);

#[derive(Clone)]
enum Content {
    Text(Bytes),
    /// `None` if the text cannot be an id.
    Upload(Option<UploadId>),
}

/// Number of chunks that are read ahead, so that a handler that computes does not wait for the next one. One has up to 400 KiB.
const READ_AHEAD: usize = 8;

impl Attachment {
    /// An attachment with this content, for the test kit.
    pub(crate) fn of(content: impl Into<Bytes>) -> Self {
        Self(Content::Text(content.into()))
    }

    /// Whether it is an empty text. An upload is never empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            Content::Text(text) => text.is_empty(),
            Content::Upload(_) => false,
        }
    }

    /// Size of the content in bytes.
    ///
    /// # Errors
    /// A permanent error if the job does not name this upload.
    pub fn size(&self, context: &Context) -> Result<u64, JobError> {
        match &self.0 {
            Content::Text(text) => Ok(u64::try_from(text.len()).unwrap_or(u64::MAX)),
            Content::Upload(id) => Ok(named(context, *id)?.bytes),
        }
    }

    /// Opens the content for reading from the byte `from` on: 0, or what an earlier attempt saved. Past the end, there is nothing to read.
    /// The bytes of an upload begin to arrive at once.
    ///
    /// # Errors
    /// A permanent error if the job does not name this upload, or the deployment has no bucket any more.
    pub fn open(&self, context: &Context, from: u64) -> Result<AttachmentReader, JobError> {
        let id = match &self.0 {
            Content::Text(text) => return Ok(AttachmentReader::of_text(text.clone(), from)),
            Content::Upload(id) => *id,
        };
        let object = named(context, id)?.clone();
        let bucket = context.bucket();
        let bucket = bucket.ok_or_else(|| ReadError::Gone(None).into_job_error())?;
        let (sender, chunks) = mpsc::channel(READ_AHEAD);
        let bytes = object.bytes;
        context.spawn(download(bucket.clone(), object, from, sender));
        Ok(AttachmentReader::of_upload(
            chunks,
            from,
            bytes,
            context.clone(),
        ))
    }
}

/// The object of an upload that the job names.
fn named(context: &Context, id: Option<UploadId>) -> Result<&UploadedObject, JobError> {
    let object = context
        .uploads()
        .iter()
        .find(|object| Some(object.id) == id);
    object.ok_or_else(|| ReadError::Gone(None).into_job_error())
}

impl<'de> Deserialize<'de> for Attachment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a text or an object with the member upload")]
        enum Form {
            Text(String),
            Upload(Named),
        }
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Named {
            upload: String,
        }
        Ok(Self(match Form::deserialize(deserializer)? {
            Form::Text(text) => Content::Text(text.into()),
            // No upload has another id, so `submit` refuses it as it refuses one that does not exist.
            Form::Upload(Named { upload }) => Content::Upload(upload.parse().ok()),
        }))
    }
}

/// Shows the size of a text, not the text.
impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Text(text) => write!(f, "Attachment({} bytes)", text.len()),
            Content::Upload(id) => write!(f, "Attachment(upload {id:?})"),
        }
    }
}
