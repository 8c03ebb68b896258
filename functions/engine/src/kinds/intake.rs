//! The kinds as `submit` needs them.

use std::collections::BTreeMap;

use super::input::read;
use super::registry::Kinds;
use crate::{Invalid, Job, KindName, Registry, RegistryError};

/// The kinds as `submit` needs them: the checks of their inputs, and their numbers of attempts.
#[derive(Debug)]
pub struct Intake {
    by_name: BTreeMap<KindName, Accepts>,
}

#[derive(Clone, Copy, Debug)]
struct Accepts {
    check: fn(&str) -> Result<(), Invalid>,
    max_attempts: u32,
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

    /// Checks an input (JSON text) against its kind. An unknown kind accepts nothing.
    ///
    /// # Errors
    /// [`Invalid`]: the place in the input, and the requirement that it does not meet.
    pub fn check(&self, kind: &KindName, input: &str) -> Result<(), Invalid> {
        let unknown = || Invalid::new("", "does not belong to a known kind");
        self.by_name
            .get(kind)
            .ok_or_else(unknown)
            .and_then(|accepts| (accepts.check)(input))
    }
}

/// Collects an [`Intake`].
pub struct IntakeBuilder(Kinds<Accepts>);

impl Registry for IntakeBuilder {
    fn add<J: Job>(&mut self) {
        let check = |input: &str| read::<J>(input)?.validate();
        self.0.add::<J>(Accepts {
            check,
            max_attempts: J::MAX_ATTEMPTS.max(1),
        });
    }
}
