//! `csv_profile`: what is in a CSV text, column by column.
//!
//! One pass over the text, in memory that does not grow with it: at most about 12 MB beyond the
//! text itself. [`Profiler`] does the work in steps, so that a caller can report progress and stop
//! between them; [`Profile`] is the result.
//!
//! # What counts as what
//! - A row is a CSV record after the header; blank lines are no rows. Fields are taken as they are:
//!   spaces belong to the value (RFC 4180), and a field of no bytes is *empty*, quoted or not.
//! - Empty fields are counted by themselves. They take no part in the type, the distinct count, the
//!   extremes and the commonest values.
//! - A column's type is the narrowest that all its values fit ([`ColumnType`] says what fits); a
//!   column of nothing but empty fields is text.
//! - Distinct values are those that differ in their bytes: `True` and `true` are two.
//!
//! # What is exact
//! Everything, until a column has more than [`EXACT_VALUES`] distinct values, or the values of all
//! columns together take more than 9 MiB (then the largest column gives way). From then on that column's distinct
//! count is an estimate and its commonest values are counted with a known error, and both say so.

mod budget;
mod column;
mod date;
mod extremes;
mod kind;
mod malformed;
mod moments;
mod options;
mod profile;
mod profiler;
#[cfg(test)]
mod properties;
mod quote;
mod records;
mod shown;
mod tally;
mod top;
mod value;

pub use budget::{EXACT_VALUES, MAX_COLUMNS};
pub use malformed::{Malformed, Problem};
pub use options::{Delimiter, NotADelimiter, Options};
pub use profile::{Bound, ColumnProfile, ColumnType, CommonValue, Distinct, Profile};
pub use profiler::{Profiler, Progress, Step};
