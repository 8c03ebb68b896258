//! Integration tests.

mod cloudformation;
mod events;
mod permissions;
mod template;
