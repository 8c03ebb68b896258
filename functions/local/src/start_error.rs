//! Why the service does not start.

use std::io;
use std::path::{Path, PathBuf};

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Another process listens on the port.
    #[error(
        "port {0} on 127.0.0.1 is in use: stop what listens there, or choose another with --port"
    )]
    PortInUse(u16),
    /// The port cannot be used for another reason.
    #[error("port {port} on 127.0.0.1 cannot be used: {source}")]
    Port {
        /// The port.
        port: u16,
        /// The cause.
        source: io::Error,
    },
    /// The data folder cannot be used.
    #[error("{} cannot be used: {source}", path.display())]
    Data {
        /// The folder or the file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// Another service uses the data folder.
    #[error("{} is in use by another service: stop that service, or choose another folder with --data", .0.display())]
    DataInUse(PathBuf),
    /// An embedded back end does not start.
    #[error("an embedded back end does not start: {0}")]
    BackEnd(Box<dyn std::error::Error + Send + Sync>),
    /// A variable of the kinds is one that the service sets.
    #[error("{0} is set by the service: choose another name in --env or --env-file")]
    Variable(String),
    /// The service's own executable cannot be found, so no function can start.
    #[error("this program's own executable cannot be found: {0}")]
    Executable(io::Error),
    /// The build does not contain the executable of a function.
    #[error("{} has no executable of {function}: build the functions with `sam build` first", folder.display())]
    Build {
        /// The folder of the build.
        folder: PathBuf,
        /// The function.
        function: &'static str,
    },
}

impl StartError {
    /// An embedded back end does not start.
    pub fn back_end(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::BackEnd(error.into())
    }

    pub(crate) fn data(path: &Path, source: io::Error) -> Self {
        Self::Data {
            path: path.to_owned(),
            source,
        }
    }
}
