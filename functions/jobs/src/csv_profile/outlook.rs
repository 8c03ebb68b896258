//! What the rest of the text may bring: so that tables get their size at once.

use super::budget::{EXACT_BYTES, EXACT_VALUES};
use super::counted::Counted;

/// The least that a value takes in a table: its count.
const BYTES_PER_VALUE: usize = size_of::<Counted>();

/// How far the text has been read, when a record begins.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Outlook {
    /// Columns of the text.
    pub(crate) columns: usize,
    /// Values that a column counts once there are too many to count all.
    pub(crate) counters: usize,
    /// Bytes of the text that have been read.
    pub(crate) bytes_done: usize,
    /// Bytes of the whole text.
    pub(crate) bytes_total: usize,
}

impl Outlook {
    /// How many distinct values a column of `distinct` among its `values` so far may come to have; 0 if most of them occur again
    /// and again, for then nobody knows.
    ///
    /// Room that stays empty costs addresses and no memory. All columns together get no more than may be counted.
    pub(crate) fn distinct_values(&self, distinct: usize, values: u64) -> usize {
        if (distinct as u64) < values / 2 {
            return 0;
        }
        let at_this_rate = distinct.saturating_mul(self.bytes_total) / self.bytes_done.max(1);
        let share = EXACT_BYTES / BYTES_PER_VALUE / self.columns.max(1);
        // The rate of the beginning is not quite that of the rest.
        (at_this_rate + at_this_rate / 16)
            .min(share)
            .min(EXACT_VALUES + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outlook(columns: usize, bytes_total: usize) -> Outlook {
        Outlook {
            columns,
            counters: 64,
            bytes_done: 1_000,
            bytes_total,
        }
    }

    #[test]
    fn new_values_are_expected_to_go_on_coming_at_their_rate() {
        assert_eq!(outlook(1, 16_000).distinct_values(100, 110), 1_700);
        assert_eq!(outlook(1, 16_000).distinct_values(100, 300), 0);
    }

    #[test]
    fn no_more_is_expected_than_may_be_counted() {
        let endless = |columns| outlook(columns, usize::MAX).distinct_values(100, 100);
        assert_eq!(endless(1), EXACT_VALUES + 1);
        assert!(endless(256) * 256 * BYTES_PER_VALUE <= EXACT_BYTES);
    }
}
