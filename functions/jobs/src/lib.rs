//! The job kinds of this deployment. Each is one file, and one line here.

/// The README's kind is compiled and run as it stands there.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

engine::kinds! {
    csv_profile::CsvProfile,
    rehearsal::Rehearsal,
}
