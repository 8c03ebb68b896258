//! The schema of an input, prepared for checks.

use std::cell::Cell;
use std::collections::HashMap;

use regex_lite::Regex;
use serde_json::Value;

use super::limits::patterns;
use super::place::{NamedUpload, Place};
use super::schema::Check;
use crate::Invalid;

/// Maximum number of comparisons of a value with a schema. A body has up to half a million values. Each takes a few comparisons, but alternatives
/// without a tag that are nested in each other take a number that doubles with each level.
const MAX_STEPS: usize = 5_000_000;

/// The schema of an input.
#[derive(Debug)]
pub(super) struct InputSchema {
    schema: Value,
    /// Its patterns, compiled once.
    patterns: HashMap<String, Regex>,
}

impl InputSchema {
    pub(super) fn of(schema: Value) -> Self {
        Self {
            patterns: patterns(&schema)
                .filter_map(|pattern| Some((pattern.to_owned(), Regex::new(pattern).ok()?)))
                .collect(),
            schema,
        }
    }

    /// Returns the uploads that `value` names, or its errors.
    pub(super) fn check(&self, value: &Value) -> Result<Vec<NamedUpload>, Vec<Invalid>> {
        self.check_within(value, MAX_STEPS)
    }

    pub(super) fn check_within(
        &self,
        value: &Value,
        max_steps: usize,
    ) -> Result<Vec<NamedUpload>, Vec<Invalid>> {
        // One more, which remains if all are needed.
        let left = Cell::new(max_steps + 1);
        let mut check = Check::new(&self.schema, &self.patterns, &left);
        check.value(&self.schema, value, Place::Root);
        if left.get() == 0 {
            let detail =
                format!("is too complex: its check takes more than {max_steps} comparisons");
            return Err(vec![Invalid::new("", &detail)]);
        }
        if check.errors.is_empty() {
            Ok(check.uploads)
        } else {
            Err(check.errors)
        }
    }
}
