//! The kinds as `status` describes them.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};

use super::registry::{Kinds, OfKind};
use crate::{Job, KindName};

/// The kinds as `status` describes them: the schemas of their inputs and results. They are made on demand, not at the cold start.
pub type Catalog = Kinds<Schemas>;

type Describe = fn(&mut SchemaGenerator) -> Schema;

#[derive(Debug)]
pub struct Schemas {
    input: Describe,
    output: Describe,
    /// The input's schema as a document of its own.
    document: fn(SchemaGenerator) -> Schema,
    max_attempts: u32,
}

impl OfKind for Schemas {
    fn of<J: Job>() -> Self {
        Self {
            input: SchemaGenerator::subschema_for::<J>,
            output: SchemaGenerator::subschema_for::<J::Output>,
            document: SchemaGenerator::into_root_schema_for::<J>,
            max_attempts: J::MAX_ATTEMPTS,
        }
    }
}

impl Catalog {
    /// The input schema of a kind as one document, with the definitions that it refers to in `$defs`; `None` if there is no such kind.
    #[must_use]
    pub fn input(&self, kind: &KindName) -> Option<Schema> {
        let settings = SchemaSettings::draft2020_12().for_deserialize();
        let document = self.get(kind)?.document;
        Some(document(settings.into_generator()))
    }

    /// The maximum number of attempts of a job of this kind; `None` if there is no such kind.
    #[must_use]
    pub fn max_attempts(&self, kind: &KindName) -> Option<u32> {
        self.get(kind).map(|kind| kind.max_attempts)
    }

    /// The name and the input schema of each kind, in the order of the names. Definitions go to `generator`.
    pub fn inputs(
        &self,
        generator: &mut SchemaGenerator,
    ) -> impl Iterator<Item = (&KindName, Schema)> {
        self.iter()
            .map(|(kind, schemas)| (kind, (schemas.input)(generator)))
    }

    /// The name and the schema of the results of each kind, in the order of the names. Definitions go to `generator`.
    pub fn outputs(
        &self,
        generator: &mut SchemaGenerator,
    ) -> impl Iterator<Item = (&KindName, Schema)> {
        self.iter()
            .map(|(kind, schemas)| (kind, (schemas.output)(generator)))
    }
}
