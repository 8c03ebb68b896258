//! The keys of the index that lists an owner's jobs, and the partitions among which it spreads them.

use crate::{JobId, Owner, Timestamp};

/// Into how many partitions of the index an owner's jobs go. A partition takes 1,000 writes a second and a job writes its
/// index entry once, so one owner can submit 4,000 jobs a second before any of them is throttled; a page costs as many queries.
pub const INDEX_SHARDS: u8 = 4;

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
    fn later_jobs_sort_behind_earlier_ones() {
        let job = accepted();
        let order = |ms| created_order(Timestamp::from_ms(ms), &job.id);
        assert!(order(999) < order(1_000) && order(1_000) < order(253_402_300_799_999));
    }
}
