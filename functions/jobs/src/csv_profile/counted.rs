//! One counted value.

use std::ops::Range;

use super::budget::KEPT_BYTES;
use super::key::Key;

/// A value and its count.
///
/// 24 bytes: 50,000 of them are the largest part of a profile's memory. A count of more than four billion stays there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Counted {
    pub(crate) hash: u64,
    /// How often the value occurs, at most.
    pub(crate) count: u32,
    /// By how much `count` may be too high.
    pub(crate) error: u32,
    /// Where in the kept bytes it begins.
    pub(crate) start: u32,
    pub(crate) length: u32,
}

impl Counted {
    pub(crate) fn key(&self) -> Key {
        Key {
            hash: self.hash,
            length: self.length,
        }
    }

    /// Counts it once more.
    pub(crate) fn count_again(&mut self) {
        self.count = self.count.saturating_add(1);
    }

    /// Which of the kept bytes are its own.
    pub(crate) fn range(&self) -> Range<usize> {
        let start = self.start as usize;
        start..start + (self.length as usize).min(KEPT_BYTES)
    }

    /// How often the value occurs, at least.
    pub(crate) fn at_least(&self) -> u32 {
        self.count - self.error
    }

    /// Tells values apart whose kept bytes are the same.
    pub(crate) fn tie_breaker(&self) -> (u32, u64) {
        (self.length, self.hash)
    }
}
