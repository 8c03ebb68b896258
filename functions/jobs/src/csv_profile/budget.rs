//! The bounds that keep a profile small, in memory while it is made and as JSON when it is done.

/// Most columns a text may have: with [`SHOWN_BYTES`] it keeps the JSON of the largest profile below
/// 350,000 bytes, so that it fits a `DynamoDB` item (400 KB) with room for the rest of the record.
pub const MAX_COLUMNS: usize = 256;

/// Most distinct values that one column counts exactly.
///
/// A table of 65,536 slots takes 57,344 before it doubles; 50,000 is the round number below.
pub const EXACT_VALUES: usize = 50_000;

/// Longest part of a value that a result shows, in bytes of its JSON form.
pub(crate) const SHOWN_BYTES: usize = 64;

/// How much of each value is kept: one byte more than can be shown, so that a value too long to be
/// shown can be told by its length alone.
pub(crate) const KEPT_BYTES: usize = SHOWN_BYTES + 1;

/// Bytes that the exact tables of all columns may take together, with what is written in them.
///
/// What comes on top: the sketches and counters of the columns that gave way, at most 4 MB, and the
/// double of a table while it grows.
pub(crate) const EXACT_BYTES: usize = 8 << 20;

/// Longest row in bytes: bounds the memory that a row can claim whose quotes have to be taken out.
pub(crate) const LONGEST_ROW_BYTES: usize = 1 << 20;

/// Values that each column keeps counters for once it no longer counts all of them.
///
/// The counters of all columns together stay below 3 MB; a count is then wrong by at most twice the
/// column's values divided by this number.
pub(crate) fn counters_for(columns: usize) -> usize {
    (16_384 / columns.max(1)).clamp(64, 1_024)
}
