//! How large and how fast the functions are, next to bare ones: what `cargo bench -p footprint` measures, and what of it is
//! checked wherever the tests run, because it can be counted: sizes, instructions, memory.
//!
//! A function runs as in Lambda, as a process behind a Runtime API. What it calls is an embedded table and a queue that takes
//! everything.

mod builds;
mod callgrind;
mod cloud;
mod counts;
mod error;
mod events;

mod process;

mod table;

pub use builds::{Builds, Function, Role};
pub use counts::{Counts, count};
pub use error::Error;
