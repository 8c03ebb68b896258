//! local

mod event_source;
mod function;
mod gateway;
mod gateway_authorizer;
mod gateway_event;
mod gateway_response;
mod identifiers;
mod instance;
mod invoke_error;
mod parent;
mod pool;
mod process;
mod request_body;
mod routes;
mod runtime_api;
mod sqs_event;

pub use event_source::{EventSource, EventSourceSpec};
pub use function::{FunctionSpec, LogSink};
pub use gateway::Gateway;
pub use invoke_error::InvokeError;
pub use parent::exit_when_parent_is_gone;
pub use pool::{FunctionProcess, Pool, ProcessState};
pub use routes::{Function, ROUTES, Route};
