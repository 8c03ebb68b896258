//! Integration tests.

mod answers;
mod backends;
mod cloudformation;
mod deployed;
mod events;
mod permissions;
mod recorder;
mod sqs;
mod store;
mod template;
