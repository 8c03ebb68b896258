//! How hot the partitions of the list index get: a simulation of one owner's submits.
//!
//! A partition takes 1,000 write units a second, on demand too, and entries of one partition key stay in one: they sort by time,
//! so that splitting a hot one leaves the new entries together.

use std::collections::HashMap;

use engine::{Fingerprint, IdSecrets, JobId, Owner, owner_shard};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use super::What;

/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html>
pub(super) const PARTITION_WRITE_UNITS: f64 = 1_000.0;

/// How many partitions a new table on demand begins with, and its index: 4,000 write units a second.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html>
const NEW_PARTITIONS: usize = 4;

/// How many jobs and owners are simulated, from which seed.
const JOBS: u32 = 20_000;
const OWNERS: u32 = 1_000;
const SEED: u64 = 20_261_124;

/// The share of an owner's index writes that the busiest partition key gets.
fn busiest_share(jobs: u32, seed: u64, key_of: impl Fn(&Owner, &JobId) -> String) -> f64 {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    // The name keeps to the rules of names and the secret to those of secrets; a test runs this.
    let (Some(owner), Ok(secrets)) = (
        Owner::named("alice"),
        IdSecrets::parse("ID_SECRETS", "only-for-the-simulation-of-heat-"),
    ) else {
        return f64::NAN;
    };
    let mut writes: HashMap<String, u32> = HashMap::new();
    for _ in 0..jobs {
        let mut seed = [0; 10];
        random.fill_bytes(&mut seed);
        let id = secrets.issue(&owner, seed);
        *writes.entry(key_of(&owner, &id)).or_default() += 1;
    }
    let busiest = writes.values().copied().max().unwrap_or_default();
    f64::from(busiest) / f64::from(jobs)
}

/// At how many jobs a second of one owner a partition of the index is at its limit, when each partition key has one of its own.
pub(super) fn owner_limit() -> f64 {
    limit(busiest_share(JOBS, SEED, owner_shard))
}

/// At how many a second when the busiest key gets this share.
fn limit(share: f64) -> f64 {
    PARTITION_WRITE_UNITS / What::Submit.units().index_writes / share
}

/// The same while a new index has but four partitions and an owner's keys can fall together: the median owner's limit and the
/// worst one's. A hash of ours stands for DynamoDB's, which is not published.
pub(super) fn owner_limits_on_a_new_index() -> (f64, f64) {
    let mut limits: Vec<_> = (0..OWNERS).map(new_index_limit).collect();
    limits.sort_by(f64::total_cmp);
    let median = limits.get(limits.len() / 2).copied();
    let worst = limits.first().copied();
    (median.unwrap_or(f64::NAN), worst.unwrap_or(f64::NAN))
}

fn new_index_limit(owner: u32) -> f64 {
    let mut keys = [0_u8; NEW_PARTITIONS];
    for shard in 0..engine::INDEX_SHARDS {
        let key = Fingerprint::of(format!("owner-{owner}#{shard}").as_bytes());
        let digit = key
            .as_str()
            .chars()
            .next()
            .and_then(|digit| digit.to_digit(16));
        let partition = digit.unwrap_or_default() as usize % keys.len();
        keys[partition] += 1;
    }
    let together = keys.iter().copied().max().unwrap_or_default();
    limit(f64::from(together) / f64::from(engine::INDEX_SHARDS))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The write units of the busiest partition key in the busiest of five seconds, at so many jobs a second.
    fn busiest_second(rate: u32, key_of: impl Fn(&Owner, &JobId) -> String + Copy) -> f64 {
        let units = f64::from(rate) * What::Submit.units().index_writes;
        let seconds = (0..5).map(|second| units * busiest_share(rate, SEED + second, key_of));
        seconds.fold(0.0, f64::max)
    }

    /// As if there were no shards.
    fn one_key(owner: &Owner, _: &JobId) -> String {
        Fingerprint::of(owner.as_str().as_bytes())
            .as_str()
            .to_owned()
    }

    #[test]
    fn three_thousand_jobs_a_second_of_one_owner_heat_no_partition() {
        assert!(busiest_second(3_000, owner_shard) <= PARTITION_WRITE_UNITS);
    }

    #[test]
    fn without_shards_they_would() {
        assert!(busiest_second(3_000, one_key) > PARTITION_WRITE_UNITS);
        assert!((limit(busiest_share(10_000, SEED, one_key)) - 1_000.0).abs() < 1e-9);
    }

    #[test]
    fn one_owner_heats_a_shard_at_four_thousand_a_second_less_what_chance_takes() {
        let limit = owner_limit();
        assert!((3_900.0..=4_000.0).contains(&limit), "{limit}");
        assert!(busiest_second(5_000, owner_shard) > PARTITION_WRITE_UNITS);
    }

    #[test]
    fn on_a_new_index_an_owner_s_shards_can_fall_together() {
        let (median, worst) = owner_limits_on_a_new_index();
        assert!((median - 2_000.0).abs() < 1e-9, "{median}");
        assert!((worst - 1_000.0).abs() < 1e-9, "{worst}");
    }
}
