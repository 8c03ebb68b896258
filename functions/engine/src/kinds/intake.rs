//! The kinds as `submit` needs them.

use std::sync::OnceLock;

use schemars::{Schema, SchemaGenerator};

use super::input::read;
use super::input_schema::InputSchema;
use super::place::NamedUpload;
use super::registry::{Kinds, OfKind};
use crate::{Invalid, Job, KindName};

/// The kinds as `submit` needs them: the checks of their inputs, and their numbers of attempts.
pub type Intake = Kinds<Accepts>;

#[derive(Debug)]
pub struct Accepts {
    /// Reads an input as its type, and then calls [`Job::validate`].
    check: fn(&str) -> Result<Result<(), Invalid>, Invalid>,
    describe: fn() -> Schema,
    /// The schema of the input, made at the first use.
    schema: OnceLock<InputSchema>,
    max_attempts: u32,
}

impl OfKind for Accepts {
    fn of<J: Job>() -> Self {
        Self {
            check: |input| read::<J>(input).map(|job| job.validate()),
            describe: || SchemaGenerator::default().into_root_schema_for::<J>(),
            schema: OnceLock::new(),
            max_attempts: J::MAX_ATTEMPTS.max(1),
        }
    }
}

impl Accepts {
    fn schema(&self) -> &InputSchema {
        self.schema
            .get_or_init(|| InputSchema::of((self.describe)().to_value()))
    }

    fn check(&self, input: &str) -> Result<Vec<NamedUpload>, Vec<Invalid>> {
        let checked = (self.check)(input);
        // The errors of a schema are about JSON, those of serde about Rust. So serde's count only if the schema has none.
        let uploads = match serde_json::from_str(input) {
            Ok(value) => self.schema().check(&value)?,
            Err(_) => Vec::new(),
        };
        let valid = checked.and_then(|valid| valid);
        valid.map(|()| uploads).map_err(|error| vec![error])
    }
}

impl Intake {
    /// Maximum number of attempts of a job of this kind; `None` for an unknown kind.
    #[must_use]
    pub fn max_attempts(&self, kind: &KindName) -> Option<u32> {
        self.get(kind).map(|accepts| accepts.max_attempts)
    }

    /// Checks an input (JSON text) against its kind: first its shape and the limits in its schema, then [`Job::validate`]. An unknown kind
    /// accepts nothing. Returns the uploads that the input names; it is not known whether they exist.
    ///
    /// # Errors
    /// All violations of the schema, or the error of [`Job::validate`].
    pub fn check(&self, kind: &KindName, input: &str) -> Result<Vec<NamedUpload>, Vec<Invalid>> {
        match self.get(kind) {
            Some(accepts) => accepts.check(input),
            None => Err(vec![Invalid::new("", "does not belong to a known kind")]),
        }
    }
}
