//! The kinds as `status` describes them.

use std::collections::BTreeMap;

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator};

use super::registry::Kinds;
use crate::{Job, KindName, Registry, RegistryError};

/// The kinds as `status` describes them: the schemas of their inputs and results. They are made on demand, not at the cold start.
#[derive(Debug)]
pub struct Catalog {
    by_name: BTreeMap<KindName, Schemas>,
}

type Describe = fn(&mut SchemaGenerator) -> Schema;

#[derive(Debug)]
struct Schemas {
    input: Describe,
    output: Describe,
    /// The input's schema as a document of its own.
    document: fn(SchemaGenerator) -> Schema,
    max_attempts: u32,
}

impl Catalog {
    /// The kinds that `register` adds, without the opt-in kinds that `opt_in` does not name.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn of(
        opt_in: Vec<String>,
        register: impl FnOnce(&mut CatalogBuilder),
    ) -> Result<Self, RegistryError> {
        let mut builder = CatalogBuilder(Kinds::new(opt_in));
        register(&mut builder);
        Ok(Self {
            by_name: builder.0.build()?,
        })
    }

    /// The names of the kinds, in order.
    pub fn names(&self) -> impl Iterator<Item = &KindName> {
        self.by_name.keys()
    }

    /// The input schema of a kind as one document, with the definitions that it refers to in `$defs`; `None` if there is no such kind.
    #[must_use]
    pub fn input(&self, kind: &KindName) -> Option<Schema> {
        let settings = SchemaSettings::draft2020_12().for_deserialize();
        let document = self.by_name.get(kind)?.document;
        Some(document(settings.into_generator()))
    }

    /// The maximum number of attempts of a job of this kind; `None` if there is no such kind.
    #[must_use]
    pub fn max_attempts(&self, kind: &KindName) -> Option<u32> {
        self.by_name.get(kind).map(|kind| kind.max_attempts)
    }

    /// The name and the input schema of each kind, in the order of the names. Definitions go to `generator`.
    pub fn inputs(
        &self,
        generator: &mut SchemaGenerator,
    ) -> impl Iterator<Item = (&KindName, Schema)> {
        self.by_name
            .iter()
            .map(|(kind, schemas)| (kind, (schemas.input)(generator)))
    }

    /// The name and the schema of the results of each kind, in the order of the names. Definitions go to `generator`.
    pub fn outputs(
        &self,
        generator: &mut SchemaGenerator,
    ) -> impl Iterator<Item = (&KindName, Schema)> {
        self.by_name
            .iter()
            .map(|(kind, schemas)| (kind, (schemas.output)(generator)))
    }
}

/// Collects a [`Catalog`].
pub struct CatalogBuilder(Kinds<Schemas>);

impl Registry for CatalogBuilder {
    fn add<J: Job>(&mut self) {
        self.0.add::<J>(Schemas {
            input: SchemaGenerator::subschema_for::<J>,
            output: SchemaGenerator::subschema_for::<J::Output>,
            document: SchemaGenerator::into_root_schema_for::<J>,
            max_attempts: J::MAX_ATTEMPTS,
        });
    }
}
