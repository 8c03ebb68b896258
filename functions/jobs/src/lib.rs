//! The job kinds of this deployment. Each is one file, and one line here.

engine::kinds! {
    csv_profile::CsvProfile,
    rehearsal::Rehearsal,
}
