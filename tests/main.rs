//! Integration tests.

mod sqs;
