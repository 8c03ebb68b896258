//! The keys of the index that lists an owner's jobs, and the partitions among which it spreads them.

use crate::{JobId, Owner, Timestamp};

/// Number of partitions of the index for an owner's jobs. A partition allows 1,000 writes per second, and a job writes its index entry
/// once, so one owner can submit 4,000 jobs per second before any of them is throttled. A page costs one query per partition.
pub const INDEX_SHARDS: u8 = 4;

/// The sort key of the index.
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

/// The partition key of the index for a job: the owner, and the number of one of its [`INDEX_SHARDS`] partitions.
#[must_use]
pub fn owner_shard(owner: &Owner, id: &JobId) -> String {
    // The last byte of the tag is as good as random, and always the same for the job.
    shard_key(owner, id.as_bytes()[15] % INDEX_SHARDS)
}

/// Contains the hash of the owner, because the name can be long.
pub(crate) fn shard_key(owner: &Owner, shard: u8) -> String {
    format!("{}#{shard}", owner.short_hash())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::accepted;

    #[test]
    fn a_job_is_in_one_of_the_partitions_of_its_owner() {
        let job = accepted();
        let shard = job.id.as_bytes()[15] % INDEX_SHARDS;
        let key = owner_shard(&job.owner, &job.id);
        assert_eq!(key, shard_key(&job.owner, shard));
        let all = (0..INDEX_SHARDS).map(|shard| shard_key(&job.owner, shard));
        let all: std::collections::HashSet<_> = all.collect();
        assert_eq!(all.len(), usize::from(INDEX_SHARDS));
        assert!(all.contains(&key));
    }

    #[test]
    fn later_jobs_sort_behind_earlier_ones() {
        let job = accepted();
        let order = |ms| created_order(Timestamp::from_ms(ms), &job.id);
        assert!(order(999) < order(1_000) && order(1_000) < order(253_402_300_799_999));
    }
}
