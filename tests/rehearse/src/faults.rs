//! A front between the functions and the embedded DynamoDB, SQS and Scheduler: it throttles, breaks, resets, hangs, delays and delivers
//! twice, and can observe and change calls. And a simpler one before the embedded S3.
//!
//! Faults occur on the real protocol, so the retries and timeouts of the SDK are part of the rehearsal. A [`Plan`], drawn from a
//! seed, decides which call meets which fault; a test decides it with an [`Intercept`] of its own.

mod connections;
mod entries;
mod fault;
mod front;
mod intercept;
mod objects;
mod plan;
mod redelivery;
mod refusal;

pub(crate) use connections::{Answer, Reset, serve, silence};
pub(crate) use plan::stream;

pub use crate::call::{BackEnd, Call};
pub use fault::{Fault, Hold, Kind};
pub use front::Front;
pub use intercept::Intercept;
pub use objects::{ObjectCall, ObjectFault, ObjectFront};
pub use plan::{Plan, Rates, Redelivery};
