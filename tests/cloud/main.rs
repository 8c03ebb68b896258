//! The imitation of Lambda, API Gateway and the event source mapping, with real processes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "all of this is test code; the lint's own exception covers only test functions"
)]

mod app;
mod event_source;
mod failures;
mod gateway;
mod pool;
mod role;
