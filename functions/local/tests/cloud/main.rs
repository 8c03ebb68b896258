//! The imitation of Lambda, API Gateway and the event source mapping, with real processes.

mod app;
mod event_source;
mod failures;
mod gateway;
mod parent;
mod pool;
mod role;
