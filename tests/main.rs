//! Integration tests.

mod cloudformation;
mod events;
mod permissions;
mod sqs;
mod store;
mod template;
