//! Rehearsals of the whole service: see the crate's documentation.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// As in `local`, whose service this measures.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    rehearse::main()
}
