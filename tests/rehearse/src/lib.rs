//! Rehearsals of the whole service as `local` runs it.
//!
//! A [`faults::Front`] between the functions and the embedded back ends lets calls fail, and an [`audit::Auditor`] behind it
//! judges every write that takes effect. `chaos` runs thousands of jobs through both while processes are killed; `bench`
//! measures the service without them. The tests use front and auditor with scripts of their own.

pub mod audit;
mod bench;
mod call;
mod chaos;
mod cli;
mod conclusion;
mod fault_args;
pub mod faults;
mod faulty_service;
mod load_client;
mod serve;

pub use cli::main;
