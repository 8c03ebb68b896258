//! What a record keeps of an attempt's earlier slices.

use std::time::Duration;

use crate::Timestamp;

/// The slices that an attempt has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EndedSlices {
    /// The number of the attempt.
    pub attempt: u32,
    /// When the first of them started.
    pub began_at: Timestamp,
    /// For how long they ran, not counting the time between them.
    pub ran: Duration,
}
