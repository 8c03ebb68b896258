//! An SQS for one machine: standard queues in memory, over the wire protocol of the AWS SDKs (`awsJson1.0`).
//!
//! [`Queues`] stores the messages, [`Queues::router`] is its HTTP interface, [`serve`] runs both on a listener. The
//! functions use the same SDK client as in the cloud; only the endpoint differs.
//!
//! It follows the SQS API reference: delays, visibility timeouts of up to twelve hours, retention, long polls, redrive to
//! and from a dead-letter queue, 1 MiB per message or batch. Time comes from a [`Clock`], so a test advances fifteen
//! minutes without waiting.
//!
//! Where it differs from AWS, on purpose:
//! - FIFO queues, message attributes, tags, permissions and `CancelMessageMoveTask` are refused with
//!   `UnsupportedOperation`;
//! - a message keeps its group, but messages are delivered in the order in which they became visible, whatever their
//!   groups: AWS does not publish the rule of its fair queues;
//! - signatures are not checked, and policies, keys and `RedriveAllowPolicy` are stored but not enforced;
//! - a move task finishes within its request, whatever rate was requested;
//! - the number of in-flight messages is not limited.

mod batch;
mod bell;
mod clock;
mod content;
mod digest;
mod error;
mod handle;
mod held;
mod inspect;
mod limits;
mod manage;
mod moves;
mod names;
mod policy;
mod queue;
mod receipts;
mod receive;
mod send;
mod settings;
mod snapshot;
mod store;
mod wire;

pub use clock::{Clock, ManualClock};
pub use names::{queue_arn, queue_url};
pub use snapshot::Snapshot;
pub use store::Queues;
pub use wire::serve;
