//! What identifies a job, its owner and its request.

mod creation_token;
mod fingerprint;
mod id;
mod owner;
mod upload_id;

pub use creation_token::{CreationToken, token};
pub use fingerprint::Fingerprint;
pub(crate) use id::mac;
pub use id::{IdSecrets, JobId, ParseIdError, SECRET_MIN_CHARS};
pub use owner::Owner;
pub use upload_id::UploadId;
