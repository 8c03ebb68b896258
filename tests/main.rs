//! Integration tests.

mod cloudformation;
mod events;
mod permissions;
mod sqs;
mod template;
