//! Callbacks: the URL to which the end of a job is reported, and the signatures of those reports
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).
//!
//! - A *callback* is what a submit asks for, and what its job's record keeps of it: the URL, and how far the report has come ([`Callback`]).
//! - A *webhook* is the report: an HTTP request to that URL. One webhook may take several *deliveries* ([`NextDelivery`]).
//! - A job's end is *announced* before it is written, by a message in the queue of deliveries ([`crate::CallbackMessage`]). Whoever receives
//!   it delivers the webhook once the end is in the record.
//!
//! The URL is untrusted input: whoever submits a job chooses where this service connects to. [`CallbackUrl`] checks all that the text
//! shows, and [`refused_range`] each address before a connection.

mod address;
mod host;
mod policy;
mod schedule;
mod secret;
mod state;
mod url;
mod webhook_id;

pub use address::{AddressRange, refused_range};
pub use host::CallbackHost;
pub use policy::CallbackPolicy;
pub use schedule::{GIVE_UP_AFTER, NextDelivery, until_next_delivery};
pub use secret::{SigningSecret, SigningSecrets};
pub use state::{Callback, CallbackState};
pub use url::{CallbackUrl, MAX_CALLBACK_URL_BYTES, RefusedUrl};
pub use webhook_id::WebhookId;
