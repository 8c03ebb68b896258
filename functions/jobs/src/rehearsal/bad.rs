//! Bad behavior of handlers.

use std::hint::black_box;
use std::time::Duration;

use engine::{Context, Percent};

/// Computes without end.
pub(super) fn spin() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Takes a gibibyte in small pieces, and holds it for a second, so that a memory limit takes effect.
pub(super) async fn take_memory() {
    const PIECE: usize = 8 << 20;
    const PIECES: usize = (1 << 30) / PIECE;
    let mut taken = Vec::with_capacity(PIECES);
    for _ in 0..PIECES {
        // Not zero, so that every page is really taken.
        taken.push(vec![1_u8; PIECE]);
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    tokio::time::sleep(Duration::from_secs(1)).await;
    drop(black_box(taken));
}

/// Reports progress a million times, without a pause.
pub(super) fn chatter(context: &Context) {
    const WORDS: u64 = 1_000_000;
    for said in 1..=WORDS {
        context.progress(Percent::of(said, WORDS), format!("said {said} words"));
    }
}

/// A text that exceeds the maximum size of a result in the table.
pub(super) fn padding() -> String {
    "x".repeat(engine::MAX_RESULT_BYTES)
}
