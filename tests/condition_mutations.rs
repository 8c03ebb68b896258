//! Takes every part out of every condition under which the table is written, one at a time, and runs the store's checks:
//! `cargo run -p tests --bin condition_mutations`. A part that no check misses is a race that no test closes.
//!
//! Prints a line for each part with the check that missed it. The exit code is 0 only if each part was missed.

#[cfg(not(test))]
mod mutations;
#[cfg(not(test))]
mod store;

#[cfg(not(test))]
#[tokio::main]
async fn main() -> std::process::ExitCode {
    mutations::run().await
}
