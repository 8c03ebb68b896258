//! Routes, representations, refusals and headers: what a client sees, through HTTP against the service as `local` runs it.

mod atom;
mod azure_core;
mod batch;
mod callbacks;
mod commands;
mod conditional;
mod cors;
mod fuzz;
mod idempotency;
mod links;
mod monitor;
mod openapi;
mod owners;
mod refusals;
mod representations;
mod submit;
mod uploads;
mod waiting;
