//! How a rehearsal ends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How it ends.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, Serialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "RehearsalOutcome")]
pub(super) enum Outcome {
    /// With a result.
    #[default]
    Success,
    /// With a permanent error.
    Failure,
    /// The first attempt with an error, the second one with a result.
    RetryThenSuccess,
    /// With a result, after it has asked once to go on two seconds later.
    SnoozeThenSuccess,
    /// With a result, but it never says a percentage, as one that does not know how much there is to do.
    Unmeasured,
    /// With a panic.
    Panic,
    /// The process dies.
    Exit,
    /// Never: it computes and computes, and neither awaits nor looks whether it is to stop.
    Spin,
    /// Never: it waits for what never comes.
    Hang,
    /// With a result, but its steps block their thread.
    Block,
    /// The first attempt with an error, while a thread of it goes on for `seconds`; the second one with a result, or with
    /// a permanent error if that thread still runs.
    Leftover,
    /// It takes a gibibyte of memory. With a result, if the function has so much.
    Memory,
    /// With a result, after a million words about its progress.
    Chatter,
    /// With a result that is too large to be kept.
    LargeResult,
}
