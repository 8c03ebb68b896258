//! Functions built for deployment, run instead of the built-in ones.

use std::path::PathBuf;

use clap::Args;

use crate::role::Role;
use crate::start_error::StartError;

/// The output of `sam build` or `cargo lambda build`, and how to run it.
#[derive(Args, Clone, Debug)]
pub struct Build {
    /// Output folder of `sam build` or `cargo lambda build` whose functions run instead of the built-in ones
    #[arg(
        long = "functions",
        value_name = "DIR",
        env = "ACCEPTED_FUNCTIONS",
        required = false
    )]
    pub folder: PathBuf,
    /// Command that runs these functions, for example "qemu-aarch64-static -L /usr/aarch64-linux-gnu"
    #[arg(
        long,
        value_name = "COMMAND",
        env = "ACCEPTED_RUNNER",
        requires = "folder",
        value_delimiter = ' '
    )]
    pub runner: Vec<String>,
}

impl Build {
    /// The program of a function, and its arguments.
    pub(crate) fn command(&self, role: Role) -> Result<(PathBuf, Vec<String>), StartError> {
        let (cargo_lambda, sam) = match role {
            Role::Submit => ("submit", "SubmitFunction"),
            Role::Status => ("status", "StatusFunction"),
            Role::Worker => ("worker", "WorkerFunction"),
        };
        let places = [sam, cargo_lambda].map(|name| self.folder.join(name).join("bootstrap"));
        let found = places.into_iter().find(|path| path.is_file());
        let bootstrap = found.ok_or_else(|| {
            StartError(format!(
                "{} has no executable of {}: build the functions with `sam build` first",
                self.folder.display(),
                role.name()
            ))
        })?;
        // A variable that is empty has one empty word.
        let mut words = self.runner.iter().filter(|word| !word.is_empty()).cloned();
        let Some(program) = words.next() else {
            return Ok((bootstrap, Vec::new()));
        };
        let bootstrap = bootstrap.display().to_string();
        Ok((program.into(), words.chain([bootstrap]).collect()))
    }
}
