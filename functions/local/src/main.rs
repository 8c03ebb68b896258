//! The whole service on one machine: see the crate's documentation.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// A job makes about a thousand small allocations in several threads; the system allocator spends a sixth of the time on them.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    local::main()
}
