//! How a function process notices that the process that started it is gone.

use std::io;

/// Ends this process as soon as its standard input ends.
///
/// The pool holds the other end of that pipe and never writes to it. The kernel closes it however the parent dies, by
/// SIGKILL too, so no function process outlives its parent. Called once, first thing, by a process that is a function.
pub fn exit_when_parent_is_gone() {
    std::thread::spawn(|| {
        // A read error means the same as the end of the input: nobody is there.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        std::process::exit(0);
    });
}
