//! The imitation of Lambda, API Gateway and the event source mapping, with real processes, of S3 and of Scheduler.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "all of this is test code; the lint's own exception covers only test functions"
)]

mod app;
mod bucket;
mod event_source;
mod failures;
mod gateway;
mod pool;
mod role;
mod s3;
mod s3_access;
mod s3_uploads;
mod scheduler;
