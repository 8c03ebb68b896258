//! Pages of an owner's jobs.

use std::fmt;
use std::str::FromStr;

use crate::{JobId, JobRecord, JobState, Owner, Timestamp};

/// Into how many partitions of the index an owner's jobs go. A partition takes 1,000 writes a second and a job writes its
/// index entry once, so one owner can submit 4,000 jobs a second before any of them is throttled; a page costs as many queries.
pub const INDEX_SHARDS: u8 = 4;

/// A place in an owner's jobs, newest first: right behind the job that it names. Opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(String);

impl Cursor {
    pub(crate) fn behind(created_at: Timestamp, id: &JobId) -> Self {
        Self(created_order(created_at, id))
    }

    pub(crate) fn order(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = ParseCursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read_created_order(text)
            .map(|_| Self(text.to_owned()))
            .ok_or(ParseCursorError)
    }
}

/// The text is no cursor that a page gave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor that a page of this list gave")]
pub struct ParseCursorError;

/// Which jobs to list, by their `job-status`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobFilter {
    /// All of them.
    #[default]
    All,
    /// Those in one state (for completed ones: with one outcome).
    Only(JobState),
}

impl JobFilter {
    pub(crate) fn keeps(self, record: &JobRecord) -> bool {
        match self {
            Self::All => true,
            Self::Only(state) => record.state == state,
        }
    }
}

/// Some of an owner's jobs, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The jobs. With a filter there may be fewer than asked for, or none, though `next` has more.
    pub jobs: Vec<JobRecord>,
    /// Where the next page begins, when there may be one.
    pub next: Option<Cursor>,
}

/// The index's sort key.
#[must_use]
pub fn created_order(created_at: Timestamp, id: &JobId) -> String {
    format!("{:015}-{id}", created_at.ms())
}

/// The time and the id in a sort key.
pub(crate) fn read_created_order(text: &str) -> Option<(Timestamp, JobId)> {
    let (ms, id) = text.split_once('-')?;
    let digits = ms.len() == 15 && ms.bytes().all(|b| b.is_ascii_digit());
    let created_at = Timestamp::from_ms(ms.parse().ok().filter(|_| digits)?);
    Some((created_at, id.parse().ok()?))
}

/// The index's partition key for a job: which of its owner's [`INDEX_SHARDS`] it stands in.
#[must_use]
pub fn owner_shard(owner: &Owner, id: &JobId) -> String {
    // The tag's last byte: as good as random, and the same whenever the key is computed.
    shard_key(owner, id.as_bytes()[15] % INDEX_SHARDS)
}

/// The owner's hash in place of the owner, whose name can be long and stands in the record already.
pub(crate) fn shard_key(owner: &Owner, shard: u8) -> String {
    format!("{}#{shard}", owner.short_hash())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::accepted;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_is_one() {
        let job = accepted();
        let cursor = Cursor::behind(job.created_at, &job.id);
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in [
            "",
            "-",
            "1-2",
            "000001000000000-x",
            "+00001000000000-018f4d3e-0000-8000-8000-000000000000",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(ParseCursorError), "{text}");
        }
    }

    #[test]
    fn later_jobs_sort_behind_earlier_ones() {
        let job = accepted();
        let order = |ms| created_order(Timestamp::from_ms(ms), &job.id);
        assert!(order(999) < order(1_000) && order(1_000) < order(253_402_300_799_999));
    }
}
