//! The record as a reader must see it.

use std::borrow::Cow;
use std::ops::Deref;

use crate::{JobRecord, Timestamp};

/// A record as a reader at [`Self::at`] must see it: it differs from the stored record if the job ended without a write
/// ([`JobRecord::judged`]).
///
/// Whatever is shown to a client takes this type, so no code can show a record that nobody judged. Judging copies only
/// the record of a job that ended without a write; such a record has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged<'a> {
    record: Cow<'a, JobRecord>,
    at: Timestamp,
}

impl<'a> Judged<'a> {
    pub(crate) fn new(record: Cow<'a, JobRecord>, at: Timestamp) -> Self {
        Self { record, at }
    }

    /// When the record was judged.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns this record with the result that is stored in an item of its own.
    #[must_use]
    pub fn with_result(mut self, result: String) -> Self {
        self.record.to_mut().result = Some(result);
        self
    }
}

impl Deref for Judged<'_> {
    type Target = JobRecord;

    fn deref(&self) -> &JobRecord {
        &self.record
    }
}

impl PartialEq<JobRecord> for Judged<'_> {
    fn eq(&self, record: &JobRecord) -> bool {
        **self == *record
    }
}
