//! Fills the table with finished jobs: as the service wrote one, with ids, owners and times of their own.

use std::error::Error;
use std::time::{Duration, SystemTime};

use dynoxide::actions::scan::ScanRequest;
use dynoxide::{AttributeValue, Database, ImportOptions, Item};
use engine::{Attribute, IdSecrets, Owner, Timestamp, created_order, expiry, owner_shard};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore as _, SeedableRng as _};

use super::show::bar;
use crate::backends::TABLE;
use crate::plain_table::thousands;
use crate::service::Service;

/// How many owners the jobs are shared out among.
const OWNERS: u64 = 1_000;

/// They were accepted within the last so many seconds, evenly spread; less than what they live, so none of them is expired
/// and none expires while anybody measures.
const ACCEPTED_WITHIN_S: u64 = 72_000;

/// As long as a job's status URI lives here.
const RETENTION: Duration = Duration::from_secs(86_400);

/// One transaction of the embedded table: large enough to be fast, small enough that requests get between two of them.
const AT_ONCE: u32 = 1_000;

/// Writes so many finished jobs past HTTP, which would take several times as long.
pub(super) async fn fill(service: &Service, jobs: u32, seed: u64) -> Result<(), Box<dyn Error>> {
    let backends = service.backends();
    let database = backends.database.clone();
    let mut drawing = Drawing {
        pattern: finished_job(&database)?,
        secrets: IdSecrets::parse("ID_SECRETS", &backends.id_secret)?,
        numbers: ChaCha8Rng::seed_from_u64(seed),
        now: Timestamp::from_clock(SystemTime::now()),
    };
    let title = format!("{} finished jobs", thousands(jobs.into()));
    let bar = bar(&title, jobs.into());
    let mut left = jobs;
    while left > 0 {
        let count = left.min(AT_ONCE);
        let database = database.clone();
        let written = tokio::task::spawn_blocking(move || {
            let items = (0..count).map(|_| drawing.job()).collect();
            let written = database.import_items(TABLE, items, ImportOptions::default());
            written.map(|_| drawing)
        });
        drawing = written.await??;
        left -= count;
        bar.inc(count.into());
    }
    bar.finish_and_clear();
    eprintln!("{title} in {:.1} s", bar.elapsed().as_secs_f64());
    Ok(())
}

/// A job that the service has run, as its record stands.
fn finished_job(database: &Database) -> Result<Item, Box<dyn Error>> {
    let request = ScanRequest {
        table_name: TABLE.to_owned(),
        limit: Some(1),
        ..ScanRequest::default()
    };
    let found = database.scan(request)?.items.unwrap_or_default().pop();
    found
        .filter(|item| item.contains_key(Attribute::EndedAtMs.name()))
        .ok_or_else(|| "there is no finished job to copy".into())
}

/// What the finished jobs are drawn from.
struct Drawing {
    pattern: Item,
    secrets: IdSecrets,
    numbers: ChaCha8Rng,
    now: Timestamp,
}

impl Drawing {
    fn job(&mut self) -> Item {
        let owner = format!("bench-{:03}", self.numbers.next_u64() % OWNERS);
        // A short name of plain letters always is one.
        let owner = Owner::named(&owner).unwrap_or_else(Owner::anonymous);
        let mut random = [0; 10];
        self.numbers.fill_bytes(&mut random);
        let id = self.secrets.issue(&owner, random);
        let age = Duration::from_secs(self.numbers.next_u64() % ACCEPTED_WITHIN_S);
        let accepted = Timestamp::from_ms(self.now.ms() - Timestamp::from_ms(0).plus(age).ms());
        let ended = accepted.plus(Duration::from_millis(self.numbers.next_u64() % 5_000));
        let mut item = self.pattern.clone();
        for (attribute, text) in [
            (Attribute::Id, id.to_string()),
            (Attribute::Owner, owner.as_str().to_owned()),
            (Attribute::OwnerShard, owner_shard(&owner, &id)),
            (Attribute::CreatedOrder, created_order(accepted, &id)),
        ] {
            item.insert(attribute.name().to_owned(), AttributeValue::S(text));
        }
        for (attribute, number) in [
            (Attribute::ScheduledStartMs, accepted.ms()),
            (Attribute::StartedAtMs, accepted.ms()),
            (Attribute::EndedAtMs, ended.ms()),
            (Attribute::UpdatedAtMs, ended.ms()),
            (Attribute::DeadlineMs, accepted.plus(RETENTION).ms()),
            (
                Attribute::ExpiresAt,
                expiry(ended, RETENTION).seconds_rounded_up(),
            ),
        ] {
            let number = AttributeValue::N(number.to_string());
            item.insert(attribute.name().to_owned(), number);
        }
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jobs(seed: u64) -> Vec<Item> {
        let mut drawing = Drawing {
            pattern: Item::new(),
            secrets: IdSecrets::parse("ID_SECRETS", &"s".repeat(32)).unwrap(),
            numbers: ChaCha8Rng::seed_from_u64(seed),
            now: Timestamp::from_seconds(2_000_000_000),
        };
        (0..200).map(|_| drawing.job()).collect()
    }

    fn number(item: &Item, attribute: Attribute) -> i64 {
        match &item[attribute.name()] {
            AttributeValue::N(number) => number.parse().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_seed_draws_the_same_jobs_each_time() {
        assert_eq!(jobs(1), jobs(1));
        assert_ne!(jobs(1), jobs(2));
    }

    #[test]
    fn no_job_ends_before_it_begins_and_none_expires_within_three_hours() {
        for job in jobs(3) {
            assert!(number(&job, Attribute::StartedAtMs) <= number(&job, Attribute::EndedAtMs));
            assert!(number(&job, Attribute::StartedAtMs) <= 2_000_000_000_000);
            assert!(number(&job, Attribute::ExpiresAt) > 2_000_000_000 + 3 * 3_600);
        }
    }
}
