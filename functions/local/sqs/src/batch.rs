//! What the three batch operations share: ids, and a result in which each entry succeeds or fails by itself.

use std::collections::BTreeSet;

use serde::Serialize;

use super::error::{Code, Error, Result};
use super::limits::is_word;

const MOST_ENTRIES: usize = 10;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BatchResult<T> {
    successful: Vec<T>,
    failed: Vec<Failure>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Failure {
    id: String,
    code: &'static str,
    message: String,
    sender_fault: bool,
}

/// An entry that succeeded and has nothing else to say.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Done {
    pub(super) id: String,
}

impl<T> BatchResult<T> {
    pub(super) fn new() -> Self {
        Self {
            successful: Vec::new(),
            failed: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, id: String, outcome: Result<T>) {
        match outcome {
            Ok(success) => self.successful.push(success),
            Err(error) => self.failed.push(Failure::new(id, error)),
        }
    }
}

impl Failure {
    fn new(id: String, error: Error) -> Self {
        Self {
            id,
            code: error.code.query_code(),
            message: error.message,
            // Every refusal here is the sender's fault: a queue in memory has no faults of its own.
            sender_fault: true,
        }
    }
}

/// One to ten entries, with ids that are words and distinct.
pub(super) fn check_ids<'a>(ids: impl Iterator<Item = &'a str>) -> Result<()> {
    let mut seen = BTreeSet::new();
    let mut count = 0;
    for id in ids {
        count += 1;
        if !is_word(id) {
            let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
            return Err(Code::InvalidBatchEntryId.because(message));
        }
        if !seen.insert(id) {
            return Err(Code::BatchEntryIdsNotDistinct.because(format!("Id {id} repeated.")));
        }
    }
    match count {
        0 => {
            Err(Code::EmptyBatchRequest
                .because("There should be at least one entry in the request."))
        }
        1..=MOST_ENTRIES => Ok(()),
        _ => {
            let message = format!(
                "Maximum number of entries per request are {MOST_ENTRIES}. You have sent {count}."
            );
            Err(Code::TooManyEntriesInBatchRequest.because(message))
        }
    }
}
