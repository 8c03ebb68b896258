//! Receipt handles, which identify a queue, a message and one delivery of it.

use super::error::{Code, Error, Result};

/// A receipt: returned by a receive, required by a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Receipt {
    pub(super) queue_id: u64,
    pub(super) number: u64,
    /// Receive count of the message at this delivery. A receipt with a lower count is stale.
    pub(super) delivery: u32,
}

impl std::fmt::Display for Receipt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{:016x}-{:016x}-{:08x}",
            self.queue_id, self.number, self.delivery
        )
    }
}

impl Receipt {
    /// The receipt in a handle that the queue with this id returned.
    pub(super) fn parse(handle: &str, queue_id: u64) -> Result<Self> {
        let receipt = Self::read(handle).filter(|receipt| receipt.queue_id == queue_id);
        receipt.ok_or_else(|| invalid(handle))
    }

    fn read(handle: &str) -> Option<Self> {
        let mut parts = handle.split('-');
        let receipt = Self {
            queue_id: u64::from_str_radix(parts.next()?, 16).ok()?,
            number: u64::from_str_radix(parts.next()?, 16).ok()?,
            delivery: u32::from_str_radix(parts.next()?, 16).ok()?,
        };
        parts.next().is_none().then_some(receipt)
    }
}

fn invalid(handle: &str) -> Error {
    Code::ReceiptHandleIsInvalid.because(format!(
        "The input receipt handle \"{handle}\" is not a valid receipt handle."
    ))
}
