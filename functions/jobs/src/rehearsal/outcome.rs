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
    /// With a result, after one snooze of two seconds.
    SnoozeThenSuccess,
    /// With a result. Each step is a slice of its own.
    Slices,
    /// With a result, but it never reports a percentage, like a kind that does not know the total.
    Unmeasured,
    /// With a panic.
    Panic,
    /// The process dies.
    Exit,
    /// Never: it computes without end, and neither awaits nor checks whether it must stop.
    Spin,
    /// Never: it waits for an event that never occurs.
    Hang,
    /// Never: after its last step, it ends one slice after another.
    Stuck,
    /// With a result, but its steps block their thread.
    Block,
    /// The first attempt with an error, while one of its threads continues for `seconds`; the second one with a result, or with
    /// a permanent error if that thread still runs.
    Leftover,
    /// With a result, if the function has the gibibyte of memory that it takes.
    Memory,
    /// With a result, after a million progress reports.
    Chatter,
    /// With a result that is too large for the table.
    LargeResult,
}
