//! The whole service on one machine: see the crate's documentation.

use std::process::ExitCode;

fn main() -> ExitCode {
    local::main()
}
