//! Where a rehearsal continues.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The checkpoint of a rehearsal.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
#[serde(untagged)]
pub(super) enum Place {
    /// After this step.
    Behind(u32),
    /// After this step, with this many seconds of the next one taken: the end of a slice.
    Within(u32, f64),
}

impl Default for Place {
    fn default() -> Self {
        Self::Behind(0)
    }
}

impl Place {
    /// After `done` steps, with `taken` of the next one.
    pub(super) fn within(done: u32, taken: Duration) -> Self {
        Self::Within(done, taken.as_secs_f64())
    }

    /// Number of steps that are complete.
    pub(super) fn done(&self) -> u32 {
        match *self {
            Self::Behind(done) | Self::Within(done, _) => done,
        }
    }

    /// How much of the next step is taken.
    pub(super) fn of_next_step(&self) -> Duration {
        match *self {
            Self::Behind(_) => Duration::ZERO,
            Self::Within(_, seconds) => Duration::try_from_secs_f64(seconds).unwrap_or_default(),
        }
    }
}
