//! What `sam deploy` makes: the template, and the functions with the environment and the events that it gives them.

pub(crate) mod answers;
mod built;
mod callers;
pub(crate) mod cloudformation;
mod configuration;
pub(crate) mod deployed;
pub(crate) mod events;
pub(crate) mod expanded;
mod large_payloads;
mod metrics;
mod parameters;
mod permissions;
mod scheduled;
mod template;
mod watch_routes;
mod webhooks;
