//! Records that many worlds have.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use engine::JobRecord;

/// A record that many worlds have, so that the walk through millions of them neither copies nor hashes it each time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shared {
    digest: u64,
    record: Arc<JobRecord>,
}

impl From<JobRecord> for Shared {
    fn from(record: JobRecord) -> Self {
        Self {
            digest: digest(&record),
            record: Arc::new(record),
        }
    }
}

impl Deref for Shared {
    type Target = JobRecord;

    fn deref(&self) -> &JobRecord {
        &self.record
    }
}

impl Hash for Shared {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.digest.hash(hasher);
    }
}

pub(crate) fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
