//! Conformance of an SQS: what the API reference promises, asked through the AWS SDK.
//!
//! Each check is an async function over [`Sqs`], listed with [`checks!`] at the foot of its file. As tests they run
//! against the embedded queues on a clock that they advance; the executable `sqs_conformance` runs the same ones against
//! any endpoint, where a check that can't wait for the real time to pass is reported as not run.

mod check;
mod endpoint;
mod verbs;

mod batches;
mod contents;
mod delays;
mod deletion;
#[cfg(test)]
mod embedded_only;
mod groups;
mod moves;
mod polls;
mod protocol;
mod queue_attributes;
mod queues;
mod receiving;
mod redrive;
mod retention;
mod visibility;

#[cfg(not(test))]
mod runner;

#[cfg(not(test))]
pub(crate) use runner::run_from_arguments;

/// Every check.
#[cfg(not(test))]
fn all() -> impl Iterator<Item = &'static check::Check> {
    let files = [
        queues::CHECKS,
        queue_attributes::CHECKS,
        contents::CHECKS,
        receiving::CHECKS,
        polls::CHECKS,
        delays::CHECKS,
        visibility::CHECKS,
        deletion::CHECKS,
        batches::CHECKS,
        retention::CHECKS,
        redrive::CHECKS,
        moves::CHECKS,
        groups::CHECKS,
        protocol::CHECKS,
    ];
    files.into_iter().flatten()
}
