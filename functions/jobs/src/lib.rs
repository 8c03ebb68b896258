//! The job kinds of this deployment. Each is one file, and one line in [`register`].

mod csv_profile;
mod rehearsal;

use engine::Registry;

/// Compiles the kinds in the READMEs.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
#[doc = include_str!("../README.md")]
struct Readme;

/// Adds every kind of this deployment to `kinds`.
pub fn register(kinds: &mut impl Registry) {
    kinds.add::<csv_profile::CsvProfile>();
    kinds.add::<rehearsal::Rehearsal>();
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_limit_in_a_schema_is_enforced() {
        let mut unenforced = engine::test_kit::Unenforced::default();
        super::register(&mut unenforced);
        assert_eq!(unenforced.limits, Vec::<String>::new());
    }
}
