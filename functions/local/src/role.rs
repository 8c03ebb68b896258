//! A function's process: this executable started again, as one of the three functions.

use std::io;
use std::process::ExitCode;

use clap::ValueEnum;
use engine::Environment;

/// One of the three functions. As a command-line argument it is the function's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// `POST`, cancel and delete.
    Submit,
    /// All reads.
    Status,
    /// Runs the jobs.
    Worker,
}

impl Role {
    /// The function's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Status => "status",
            Self::Worker => "worker",
        }
    }

    /// Runs this process as the function until the process that started it is gone.
    ///
    /// [`crate::Service`] starts its functions as `<this executable> function <name>`, so an executable that starts the service
    /// has this command.
    #[must_use]
    pub fn run(self) -> ExitCode {
        exit_when_parent_is_gone();
        let environment = Environment::of_process();
        engine::start_log(&environment);
        // As `#[tokio::main(flavor = "current_thread")]` does in the functions' own executables.
        let runtime = match tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
        {
            Ok(runtime) => runtime,
            Err(error) => return failed(&error),
        };
        let served = match self {
            Self::Submit => runtime.block_on(submit::run(&environment)),
            Self::Status => runtime.block_on(status::run(&environment)),
            Self::Worker => runtime.block_on(worker::run(&environment)),
        };
        served.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
    }
}

/// Ends this process as soon as its standard input ends.
///
/// The pool holds the other end of that pipe and never writes to it. The kernel closes it when the parent dies, even by SIGKILL, so no
/// function process outlives its parent. A function process calls this once, before anything else.
pub fn exit_when_parent_is_gone() {
    std::thread::spawn(|| {
        // A read error means the same as the end of the input: the parent is gone.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        std::process::exit(0);
    });
}

fn failed(error: &dyn std::fmt::Display) -> ExitCode {
    lambda_runtime::tracing::error!("cold start stopped: {error}");
    ExitCode::FAILURE
}
