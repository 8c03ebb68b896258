//! The schema of an input, prepared for checks.

use std::cell::Cell;
use std::collections::HashMap;

use regex_lite::Regex;
use serde_json::Value;

use super::limits::{has_limits, patterns};
use super::schema::Check;
use crate::Invalid;

/// Maximum number of values that a check compares with a schema. Alternatives that are nested in alternatives could take a time that doubles
/// with each level.
const MAX_STEPS: usize = 3_000_000;

/// The schema of an input.
#[derive(Debug)]
pub(super) struct InputSchema {
    pub(super) schema: Value,
    /// Whether it has limits that reading an input as its type does not enforce.
    pub(super) has_limits: bool,
    /// Its patterns, compiled once.
    pub(super) patterns: HashMap<String, Regex>,
}

impl InputSchema {
    pub(super) fn of(schema: Value) -> Self {
        Self {
            has_limits: has_limits(&schema),
            patterns: patterns(&schema)
                .filter_map(|pattern| Some((pattern.to_owned(), Regex::new(pattern).ok()?)))
                .collect(),
            schema,
        }
    }

    /// Returns the errors of `value`.
    pub(super) fn errors(&self, value: &Value) -> Vec<Invalid> {
        self.errors_within(value, MAX_STEPS)
    }

    pub(super) fn errors_within(&self, value: &Value, max_steps: usize) -> Vec<Invalid> {
        let left = Cell::new(max_steps);
        let mut check = Check {
            input: self,
            left: &left,
            errors: Vec::new(),
        };
        check.value(&self.schema, value, "");
        if left.get() == 0 {
            return vec![Invalid::new("", "is too complex to be checked")];
        }
        check.errors
    }
}
