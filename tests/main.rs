//! Integration tests: most of them through HTTP against the service as `local` runs it, with real processes on the real
//! wire protocols. The others hold the template and the recorded events to what the code expects.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "all of this is test code; the lint's own exception covers only test functions"
)]

mod app;
mod backends;
mod deployment;
mod http;
mod project;
mod recorder;
mod store;
mod work;
