//! The whole service on one machine.

pub mod sqs;
