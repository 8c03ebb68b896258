//! Integration tests.

mod cloudformation;
mod events;
mod template;
