//! A write that the table took.

use super::image::Image;

/// Who wrote: the invocation's trace id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(pub String);

/// A write that took effect.
#[derive(Clone, Debug)]
pub struct Write {
    /// The record after it; `None` for a delete.
    pub after: Option<Image>,
    /// Who wrote; `None` if it is unknown.
    pub sender: Option<Sender>,
    /// When its call arrived. It may have been on its way for long.
    pub arrived_ms: i64,
    /// When it was let through; it did not take effect earlier.
    pub begun_ms: i64,
    /// When it had taken effect.
    pub done_ms: i64,
}
