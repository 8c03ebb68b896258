//! What handlers do that they should not.

use std::hint::black_box;
use std::time::Duration;

use engine::{Context, Percent};

/// Computes for ever.
pub(super) fn spin() -> ! {
    let mut turns = 0_u64;
    loop {
        turns = black_box(turns.wrapping_add(1));
    }
}

/// Takes a gibibyte in small pieces, and holds it for a second, so that whoever limits memory gets to see it.
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

/// Says a million times how far it is, without a pause.
pub(super) fn chatter(context: &Context) {
    const WORDS: u64 = 1_000_000;
    for said in 1..=WORDS {
        context.progress(Percent::of(said, WORDS), format!("said {said} words"));
    }
}

/// More than a result may have.
pub(super) fn padding() -> String {
    "x".repeat(engine::MAX_RESULT_BYTES)
}
