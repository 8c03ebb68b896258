//! The store over a real wire: every promise of [`engine::JobStore`], asked of a DynamoDB through the AWS SDK.
//!
//! Each check is an async function over a [`table::Table`] of its own, listed with [`check::checks!`] at the foot of its file;
//! it fails by panicking. As tests they run against the embedded DynamoDB; the executable `store_conformance` runs the same
//! ones against any endpoint, and `condition_mutations` sees whether they miss what is left out of a condition. Time is a parameter of all that the store does, so no check waits for any to pass.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a check fails by panicking, as tests do"
)]

mod check;
mod scripted_front;
mod table;

mod cancel;
mod claim;
mod claim_agreement;
mod create;
mod delete;
mod deliver;
mod ending;
mod faults;
mod fencing;
mod late;
mod list;
mod lost_answers;
mod result;
mod sizes;
mod slices;
#[cfg(test)]
mod sweep;
mod write_agreement;

#[cfg(not(test))]
mod runner;

#[cfg(not(test))]
pub(crate) use check::Check;
#[cfg(not(test))]
pub(crate) use runner::run;

/// Every check.
#[cfg(not(test))]
pub(crate) fn all() -> impl Iterator<Item = &'static Check> {
    let files = [
        create::CHECKS,
        claim::CHECKS,
        claim_agreement::CHECKS,
        write_agreement::CHECKS,
        fencing::CHECKS,
        ending::CHECKS,
        cancel::CHECKS,
        delete::CHECKS,
        deliver::CHECKS,
        late::CHECKS,
        list::CHECKS,
        result::CHECKS,
        lost_answers::CHECKS,
        sizes::CHECKS,
        slices::CHECKS,
        faults::CHECKS,
    ];
    files.into_iter().flatten()
}
