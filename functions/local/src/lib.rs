//! The whole service on one machine, for development and tests, and a client for it.
pub mod client;
