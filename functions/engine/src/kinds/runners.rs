//! The kinds, as `worker` knows them.

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use super::input::read;
use super::registry::Kinds;
use crate::{Context, Job, JobError, KindName, Registry, RegistryError, RetryPolicy};

type Running = Pin<Box<dyn Future<Output = Result<String, JobError>> + Send>>;

/// What `worker` knows of a kind.
#[derive(Clone, Copy, Debug)]
pub struct Runner {
    run: fn(&str, Context) -> Running,
    /// How long to wait between attempts.
    pub retry: RetryPolicy,
    /// How long an attempt may take, if that is less than the worker may run.
    pub time_limit: Option<Duration>,
}

impl Runner {
    /// Runs the kind on an input (JSON text): its result as JSON text. The input is read when this is called, the work is
    /// done when the future is polled.
    #[must_use]
    pub fn run(&self, input: &str, context: Context) -> Running {
        (self.run)(input, context)
    }
}

/// What `worker` knows of the kinds: how they run.
#[derive(Debug)]
pub struct Runners {
    by_name: BTreeMap<KindName, Runner>,
}

impl Runners {
    /// The kinds that `register` adds, without the opt-in kinds that `opt_in` does not name.
    ///
    /// # Errors
    /// [`RegistryError`].
    pub fn of(
        opt_in: Vec<String>,
        register: impl FnOnce(&mut RunnersBuilder),
    ) -> Result<Self, RegistryError> {
        let mut builder = RunnersBuilder(Kinds::new(opt_in));
        register(&mut builder);
        Ok(Self {
            by_name: builder.0.build()?,
        })
    }

    /// The kind by its name.
    #[must_use]
    pub fn get(&self, kind: &KindName) -> Option<&Runner> {
        self.by_name.get(kind)
    }
}

/// Collects [`Runners`].
pub struct RunnersBuilder(Kinds<Runner>);

impl Registry for RunnersBuilder {
    fn add<J: Job>(&mut self) {
        self.0.add::<J>(Runner {
            run: run::<J>,
            retry: J::RETRY,
            time_limit: J::TIME_LIMIT,
        });
    }
}

fn run<J: Job>(input: &str, context: Context) -> Running {
    let job = read::<J>(input);
    Box::pin(async move {
        // `submit` has checked it, so this is a message from before a kind changed what it takes.
        let job = job.map_err(|wrong| {
            JobError::permanent(
                "invalid-input",
                &format!("input{}: {}", wrong.pointer, wrong.detail),
            )
        })?;
        let output = job.run(context).await?;
        serde_json::to_string(&output).map_err(|_| {
            JobError::permanent("unwritable-result", "the result cannot be written as JSON")
        })
    })
}
