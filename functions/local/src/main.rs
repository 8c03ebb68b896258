//! The whole service on one machine: see the crate's documentation.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Each job is a thousand small allocations in several threads, which the system's allocator takes a sixth of the time for.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    local::main()
}
