//! The job kinds: their names, and what each function knows of them.

mod catalog;
mod format;
mod input;
mod input_schema;
mod intake;
mod json_type;
mod limits;
mod name;
mod place;
mod registry;
mod runners;
mod schema;
mod variant;

pub use catalog::Catalog;
pub use intake::Intake;
pub(crate) use limits::unenforced;
pub use name::{KindName, ParseKindNameError};
pub use place::{NamedUpload, pointer_to};
pub use registry::{Kinds, KindsBuilder, Registry, RegistryError};
pub use runners::{Runner, Runners};
