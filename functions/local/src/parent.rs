//! How a function process notices that its parent is gone.

use std::io;

/// Ends this process as soon as its standard input ends.
///
/// The pool holds the other end of that pipe and never writes to it. The kernel closes it when the parent dies, even by SIGKILL, so no
/// function process outlives its parent. A function process calls this once, before anything else.
pub fn exit_when_parent_is_gone() {
    std::thread::spawn(|| {
        // A read error means the same as the end of the input: the parent is gone.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        std::process::exit(0);
    });
}
