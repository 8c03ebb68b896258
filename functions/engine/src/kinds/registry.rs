//! The list of kinds.
//!
//! All three functions use one generic list of kinds. `submit` collects an [`Intake`] from it, which checks inputs, `worker` collects
//! [`Runners`], which run jobs, and `status` collects a [`Catalog`], which describes inputs and results. So `submit` and `status` do not link the
//! handlers.
//!
//! [`Intake`]: crate::Intake
//! [`Runners`]: crate::Runners
//! [`Catalog`]: crate::Catalog

use std::collections::BTreeMap;

use crate::{Job, KindName};

/// Collects the kinds of a deployment.
pub trait Registry {
    /// Adds the kind `J`.
    fn add<J: Job>(&mut self);
}

/// An invalid list of kinds. It stops the cold start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// Two kinds have the same name.
    #[error("two job kinds have the name {0:?}")]
    Duplicate(&'static str),
    /// A name that [`KindName`] refuses.
    #[error(
        "{0:?} is not a valid name of a job kind: 1 to 64 of a-z, 0-9, _ and -, beginning with a letter"
    )]
    Malformed(&'static str),
    /// `OPT_IN_KINDS` names a kind that does not exist, or is not an opt-in kind.
    #[error("OPT_IN_KINDS names {0:?}, which is not an opt-in kind")]
    Unknown(String),
}

/// What a function needs of a kind.
pub trait OfKind {
    fn of<J: Job>() -> Self;
}

/// The kinds of a deployment by name, each with what a function needs of it.
#[derive(Debug)]
pub struct Kinds<T> {
    by_name: BTreeMap<KindName, T>,
}

/// Collects [`Kinds`]: those by name, and the first error in the list.
pub struct KindsBuilder<T> {
    by_name: BTreeMap<KindName, T>,
    all: Vec<&'static str>,
    opt_in: Vec<String>,
    wrong: Option<RegistryError>,
}

impl<T: OfKind> Kinds<T> {
    /// The kinds that `register` adds, without the opt-in kinds that `opt_in` does not name.
    ///
    /// # Errors
    /// [`RegistryError`] if the list is invalid.
    pub fn of(
        opt_in: Vec<String>,
        register: impl FnOnce(&mut KindsBuilder<T>),
    ) -> Result<Self, RegistryError> {
        let mut builder = KindsBuilder {
            by_name: BTreeMap::new(),
            all: Vec::new(),
            opt_in,
            wrong: None,
        };
        register(&mut builder);
        match (builder.wrong, builder.opt_in.pop()) {
            (Some(wrong), _) => Err(wrong),
            (None, Some(unknown)) => Err(RegistryError::Unknown(unknown)),
            (None, None) => Ok(Self {
                by_name: builder.by_name,
            }),
        }
    }
}

impl<T> Kinds<T> {
    /// The names of the kinds, in order.
    pub fn names(&self) -> impl Iterator<Item = &KindName> {
        self.by_name.keys()
    }

    /// The kind with this name.
    #[must_use]
    pub fn get(&self, kind: &KindName) -> Option<&T> {
        self.by_name.get(kind)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&KindName, &T)> {
        self.by_name.iter()
    }
}

impl<T: OfKind> Registry for KindsBuilder<T> {
    fn add<J: Job>(&mut self) {
        let Ok(name) = J::NAME.parse::<KindName>() else {
            return self.refuse(RegistryError::Malformed(J::NAME));
        };
        if self.all.contains(&J::NAME) {
            return self.refuse(RegistryError::Duplicate(J::NAME));
        }
        self.all.push(J::NAME);
        let asked_for = self
            .opt_in
            .iter()
            .position(|wanted| wanted == J::NAME)
            .filter(|_| J::OPT_IN);
        if let Some(place) = asked_for {
            self.opt_in.swap_remove(place);
        }
        if asked_for.is_some() || !J::OPT_IN {
            self.by_name.insert(name, T::of::<J>());
        }
    }
}

impl<T> KindsBuilder<T> {
    fn refuse(&mut self, error: RegistryError) {
        self.wrong.get_or_insert(error);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Catalog, Context, Intake, Invalid, JobError, Runners, test_kit};
    use schemars::{JsonSchema, SchemaGenerator};
    use serde::Deserialize;

    /// Adds up.
    #[derive(Deserialize, Debug, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Plain {
        #[schemars(length(min = 1))]
        values: Vec<u8>,
    }

    impl Job for Plain {
        const NAME: &'static str = "plain";
        const MAX_ATTEMPTS: u32 = 7;
        type Output = u32;
        fn validate(&self) -> Result<(), Invalid> {
            if self.values == [7, 7] {
                Err(Invalid::new("/values", "must not begin with 7, 7"))
            } else {
                Ok(())
            }
        }
        async fn run(self, _context: Context) -> Result<u32, JobError> {
            Ok(self.values.into_iter().map(u32::from).sum())
        }
    }

    #[derive(Deserialize, JsonSchema)]
    struct Special;

    impl Job for Special {
        const NAME: &'static str = "special";
        const OPT_IN: bool = true;
        type Output = ();
        async fn run(self, _context: Context) -> Result<(), JobError> {
            Ok(())
        }
    }

    #[derive(Deserialize, JsonSchema)]
    struct Twin;

    impl Job for Twin {
        const NAME: &'static str = "plain";
        type Output = ();
        async fn run(self, _context: Context) -> Result<(), JobError> {
            Ok(())
        }
    }

    fn intake(opt_in: &[&str]) -> Result<Intake, RegistryError> {
        let opt_in = opt_in.iter().map(|name| (*name).to_owned()).collect();
        Intake::of(opt_in, |kinds| {
            kinds.add::<Plain>();
            kinds.add::<Special>();
        })
    }

    fn names(intake: &Intake) -> Vec<&str> {
        intake.names().map(KindName::as_str).collect()
    }

    #[test]
    fn an_opt_in_kind_exists_only_where_it_is_named() {
        assert_eq!(names(&intake(&[]).unwrap()), ["plain"]);
        assert_eq!(names(&intake(&["special"]).unwrap()), ["plain", "special"]);
        assert_eq!(
            intake(&["nothing"]).unwrap_err(),
            RegistryError::Unknown("nothing".to_owned())
        );
        assert_eq!(
            intake(&["plain"]).unwrap_err(),
            RegistryError::Unknown("plain".to_owned())
        );
    }

    #[test]
    fn two_kinds_of_one_name_stop_the_cold_start() {
        let twins = Runners::of(Vec::new(), |kinds| {
            kinds.add::<Plain>();
            kinds.add::<Twin>();
        });
        assert_eq!(
            twins.unwrap_err().to_string(),
            "two job kinds have the name \"plain\""
        );
    }

    #[test]
    fn a_kind_is_described_by_its_type_and_only_where_it_exists() {
        let catalog = Catalog::of(Vec::new(), |kinds| {
            kinds.add::<Plain>();
            kinds.add::<Special>();
        });
        let catalog = catalog.unwrap();
        let mut generator = SchemaGenerator::default();
        let described: Vec<_> = catalog
            .inputs(&mut generator)
            .map(|(kind, _)| kind.to_string())
            .collect();
        assert_eq!(described, ["plain"]);
        let plain = &generator.definitions()["Plain"];
        assert_eq!(plain["description"], "Adds up.");
        assert_eq!(plain["additionalProperties"], false);
        assert_eq!(plain["required"], serde_json::json!(["values"]));
        assert_eq!(plain["properties"]["values"]["minItems"], 1);
        let outputs: Vec<_> = catalog.outputs(&mut generator).collect();
        assert_eq!(outputs.len(), 1);
        assert_eq!(outputs[0].1.get("format").unwrap(), "uint32");
    }

    #[test]
    fn a_refused_input_names_the_place() {
        let intake = intake(&[]).unwrap();
        let plain = "plain".parse().unwrap();
        let refused = |input: &str| {
            let mut errors = intake.check(&plain, input).unwrap_err();
            assert_eq!(errors.len(), 1, "{errors:?}");
            errors.remove(0)
        };
        assert_eq!(
            refused(r#"{"values": []}"#),
            Invalid::new("/values", "must have at least 1 item")
        );
        assert_eq!(
            refused(r#"{"values": [7, 7]}"#),
            Invalid::new("/values", "must not begin with 7, 7")
        );
        assert_eq!(refused(r#"{"values": [1, "x"]}"#).pointer, "/values/1");
        assert_eq!(refused(r#"{"values": [1, 256]}"#).pointer, "/values/1");
        assert_eq!(refused("{}"), Invalid::new("/values", "is missing"));
        assert_eq!(refused(r#"{"values": [1], "more": 1}"#).pointer, "/more");
        assert_eq!(refused("17").pointer, "");
        assert_eq!(refused("[[1]]"), Invalid::new("", "must be an object"));
        assert!(intake.check(&plain, r#"{"values": [1]}"#).is_ok());
        assert_eq!(intake.max_attempts(&plain), Some(7));
    }

    #[tokio::test]
    async fn a_runner_reads_runs_and_writes() {
        let runners = Runners::of(Vec::new(), Registry::add::<Plain>).unwrap();
        let runner = runners.get(&"plain".parse().unwrap()).unwrap();
        let run = |input| runner.run(input, test_kit::context(1).0);
        assert_eq!(run(r#"{"values": [1, 2]}"#).await.unwrap(), "3");
        let Err(JobError::Permanent(failure)) = run(r#"{"values": 1}"#).await else {
            panic!("not refused")
        };
        assert_eq!(failure.code(), "invalid-input");
        assert!(
            failure.message().starts_with("input/values: invalid type"),
            "{}",
            failure.message()
        );
    }
}
