//! The kinds as `status` describes them.

use std::collections::BTreeMap;

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
        });
    }
}
