//! Why the service does not start.

use std::io;
use std::path::{Path, PathBuf};

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Something else listens there.
    #[error(
        "port {0} on 127.0.0.1 is in use: stop what listens there, or choose another with --port"
    )]
    PortInUse(u16),
    /// The port cannot be listened on for another reason.
    #[error("port {port} on 127.0.0.1 cannot be used: {source}")]
    Port {
        /// The port.
        port: u16,
        /// Why.
        source: io::Error,
    },
    /// The data folder cannot be used.
    #[error("{} cannot be used: {source}", path.display())]
    Data {
        /// The folder or the file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An embedded back end does not start.
    #[error("an embedded back end does not start: {0}")]
    BackEnd(Box<dyn std::error::Error + Send + Sync>),
    /// The service's own executable cannot be found, so no function can be started.
    #[error("this program's own executable cannot be found: {0}")]
    Executable(io::Error),
    /// The build lacks the executable of a function.
    #[error("{} has no executable of {function}: build the functions with `sam build` first", folder.display())]
    Build {
        /// The folder of the build.
        folder: PathBuf,
        /// The name of the function.
        function: &'static str,
    },
}

impl StartError {
    pub(crate) fn data(path: &Path, source: io::Error) -> Self {
        Self::Data {
            path: path.to_owned(),
            source,
        }
    }
}
