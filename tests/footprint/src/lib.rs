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
mod limits;
mod process;
mod report;
mod rivals;
mod table;
mod times;
mod tls;

pub use builds::{Builds, Function, Role};
pub use counts::{Counts, Pair, count};
pub use error::Error;
pub use limits::{Finding, judge};
pub use report::{show_counts, show_times};
pub use rivals::{Rival, rivals};
pub use times::{Times, time};
pub use tls::Tls;
