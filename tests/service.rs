//! The service's own executable once more: see `Cargo.toml`.

use std::process::ExitCode;

fn main() -> ExitCode {
    local::main()
}
