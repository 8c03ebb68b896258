//! The job kinds of this deployment, one file each.

pub mod csv_profile;
