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

pub use catalog::{Catalog, CatalogBuilder};
pub use intake::{Intake, IntakeBuilder};
pub(crate) use limits::unenforced;
pub use name::{KindName, ParseKindNameError};
pub use place::{NamedUpload, pointer_to};
pub use registry::{Registry, RegistryError};
pub use runners::{Runner, Runners, RunnersBuilder};
