//! The kinds as `submit` needs them.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use schemars::{Schema, SchemaGenerator};

use super::input::read;
use super::input_schema::InputSchema;
use super::place::NamedUpload;
use super::registry::Kinds;
use crate::{Invalid, Job, KindName, Registry, RegistryError};

/// The kinds as `submit` needs them: the checks of their inputs, and their numbers of attempts.
#[derive(Debug)]
pub struct Intake {
    by_name: BTreeMap<KindName, Accepts>,
}

#[derive(Debug)]
struct Accepts {
    /// Reads an input as its type, and then calls [`Job::validate`].
    check: fn(&str) -> Result<Result<(), Invalid>, Invalid>,
    describe: fn() -> Schema,
    /// The schema of the input, made at the first use.
    schema: OnceLock<InputSchema>,
    max_attempts: u32,
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
    /// The kinds that `register` adds, without the opt-in kinds that `opt_in` does not name.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn of(
        opt_in: Vec<String>,
        register: impl FnOnce(&mut IntakeBuilder),
    ) -> Result<Self, RegistryError> {
        let mut builder = IntakeBuilder(Kinds::new(opt_in));
        register(&mut builder);
        Ok(Self {
            by_name: builder.0.build()?,
        })
    }

    /// The names of the kinds, in order.
    pub fn names(&self) -> impl Iterator<Item = &KindName> {
        self.by_name.keys()
    }

    /// Maximum number of attempts of a job of this kind; `None` for an unknown kind.
    #[must_use]
    pub fn max_attempts(&self, kind: &KindName) -> Option<u32> {
        self.by_name.get(kind).map(|accepts| accepts.max_attempts)
    }

    /// Checks an input (JSON text) against its kind: first its shape and the limits in its schema, then [`Job::validate`]. An unknown kind
    /// accepts nothing. Returns the uploads that the input names; it is not known whether they exist.
    ///
    /// # Errors
    /// All violations of the schema, or the error of [`Job::validate`].
    pub fn check(&self, kind: &KindName, input: &str) -> Result<Vec<NamedUpload>, Vec<Invalid>> {
        match self.by_name.get(kind) {
            Some(accepts) => accepts.check(input),
            None => Err(vec![Invalid::new("", "does not belong to a known kind")]),
        }
    }
}

/// Collects an [`Intake`].
pub struct IntakeBuilder(Kinds<Accepts>);

impl Registry for IntakeBuilder {
    fn add<J: Job>(&mut self) {
        self.0.add::<J>(Accepts {
            check: |input| read::<J>(input).map(|job| job.validate()),
            describe: || SchemaGenerator::default().into_root_schema_for::<J>(),
            schema: OnceLock::new(),
            max_attempts: J::MAX_ATTEMPTS.max(1),
        });
    }
}
