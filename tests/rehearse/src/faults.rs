//! Faults on the wire: a front before the embedded DynamoDB and SQS that throttles, breaks, resets, hangs, delays and
//! delivers twice.
//!
//! What goes wrong between a function and AWS goes wrong here, on the real protocol, so the SDK's own retries and time-outs
//! are part of what is rehearsed. Which call meets which fault is a [`Plan`], drawn from a seed, or whatever a test says.

mod call;
mod fault;
mod front;
mod plan;
mod redelivery;
mod refusal;

pub use call::{BackEnd, Call};
pub use fault::{Fault, Hold, Kind};
pub use front::{Front, Intercept};
pub use plan::{Plan, Rates, Redelivery};
