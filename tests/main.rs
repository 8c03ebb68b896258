//! Integration tests: most of them through HTTP against the service as `local` runs it, with real processes on the real
//! wire protocols. The others hold the template and the recorded events to what the code expects.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "all of this is test code; the lint's own exception sees only what stands in a test function"
)]

mod app;

mod answers;
mod atom;
mod azure_core;
mod backends;
mod bad_handlers;
mod batches;
mod budget;
mod built;
mod callers;
mod cloudformation;
mod command_line;
mod commands;
mod conditional;
mod configuration;
mod cors;
mod crashes;
mod dependencies;
mod deployed;
mod events;
mod expiry;
mod fairness;
mod fuzz;
mod histories;
mod idempotency;
mod lifecycle;
mod links;

mod metrics;
mod monitor;
mod openapi;
mod owners;
mod parameters;
mod permissions;
mod profiles;
mod readme;
mod recorder;
mod refusals;
mod representations;
mod requirements;
mod store;
mod submit;
mod template;
mod waiting;
mod watch_routes;
mod wire;
mod wire_faults;
