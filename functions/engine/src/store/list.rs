//! An owner's jobs, newest first.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use tracing::error;

use super::JobStore;
use super::expression::names;
use super::index::{INDEX_SHARDS, created_order, read_created_order, shard_key};
use super::item::{Item, id_of, string};
use crate::{
    Attribute, INDEX_NAME, JobId, JobRecord, JobState, Judged, Owner, StoreError, Timestamp,
};

/// Maximum number of jobs on a page: one `BatchGetItem` reads as many.
pub const MAX_PAGE: usize = 100;

/// Maximum number of `BatchGetItem` calls for a page. Under load, a call may skip keys, which must be requested again.
const READS: usize = 5;

/// The delay before the second call; it doubles. Keys that are requested again at once are skipped again.
/// Source: <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html>
const PAUSE: Duration = Duration::from_millis(20);

/// A position in the list of an owner's jobs, newest first: directly after the job that it names. Opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(String);

impl Cursor {
    fn behind(created_at: Timestamp, id: &JobId) -> Self {
        Self(created_order(created_at, id))
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

/// The text is not a cursor from a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor from a page of this list")]
pub struct ParseCursorError;

/// A page of an owner's jobs, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The jobs. With a filter, there may be fewer than the limit, or none, although `next` has more.
    pub jobs: Vec<Judged<'static>>,
    /// The beginning of the next page, if there may be one.
    pub next: Option<Cursor>,
}

/// The records of a batch read; an error for one that cannot be read.
type Found = HashMap<JobId, Result<JobRecord, StoreError>>;

impl JobStore {
    /// A page of `owner`'s jobs, newest first: one query for each partition of the index, and one batch read, whatever the size of the
    /// table. Results are omitted, because a page of them would exceed the maximum size of a response. `limit` is clamped to 1 to 100.
    /// Expired jobs are omitted, and jobs in another state than `only`, if there is one: so a page can be short although more follow. A record
    /// that cannot be read is omitted, too, and logged: it must not hide the others.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer.
    pub async fn list(
        &self,
        owner: &Owner,
        limit: usize,
        behind: Option<&Cursor>,
        only: Option<JobState>,
        now: Timestamp,
    ) -> Result<Page, StoreError> {
        let limit = limit.clamp(1, MAX_PAGE);
        let mut keys = Vec::new();
        for shard in 0..INDEX_SHARDS {
            keys.extend(
                self.newest_of_shard(&shard_key(owner, shard), limit + 1, behind)
                    .await?,
            );
        }
        keys.sort_by(|a, b| b.cmp(a));
        let next = keys
            .get(limit)
            .and(keys.get(limit - 1))
            .map(|(created_at, id)| Cursor::behind(*created_at, id));
        keys.truncate(limit);
        let ids: Vec<_> = keys.into_iter().map(|(_, id)| id).collect();
        let mut found = self.get_all(&ids).await?;
        let readable = |id: &JobId| {
            let record = found.remove(id)?;
            record
                .inspect_err(|error| error!(job.id = %id, "record left out of a list: {error}"))
                .ok()
        };
        let judged = ids
            .iter()
            .filter_map(readable)
            .filter(|job| !job.is_expired(now))
            .map(|job| job.into_judged(now))
            .filter(|job| only.is_none_or(|state| job.state == state));
        Ok(Page {
            jobs: judged.collect(),
            next,
        })
    }

    async fn newest_of_shard(
        &self,
        shard: &str,
        limit: usize,
        behind: Option<&Cursor>,
    ) -> Result<Vec<(Timestamp, JobId)>, StoreError> {
        const ALL: &str = "#owner_shard = :shard";
        const BEHIND: &str = "#owner_shard = :shard AND #created_order < :cursor";
        let condition = if behind.is_some() { BEHIND } else { ALL };
        let mut request = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(INDEX_NAME);
        if let Some(cursor) = behind {
            request = request.expression_attribute_values(":cursor", string(cursor.0.as_str()));
        }
        let answer = request
            .key_condition_expression(condition)
            .set_expression_attribute_names(Some(names(&[condition])))
            .expression_attribute_values(":shard", string(shard))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(StoreError::unavailable)?;
        answer.items().iter().map(key_of).collect()
    }

    /// The current records of these ids, without their results and without those that do not exist: one strongly consistent
    /// read for each [`MAX_PAGE`] ids, which must be distinct.
    ///
    /// # Errors
    /// [`StoreError`] if the table does not answer. For an id: its item was not written by this service, or belongs to another owner.
    pub async fn get_all(&self, ids: &[JobId]) -> Result<Found, StoreError> {
        let mut found = Found::new();
        for ids in ids.chunks(MAX_PAGE) {
            self.read_into(&mut found, ids).await?;
        }
        Ok(found)
    }

    async fn read_into(&self, found: &mut Found, ids: &[JobId]) -> Result<(), StoreError> {
        let mut wanted: Vec<_> = ids.iter().map(key).collect();
        let mut pause = PAUSE;
        for read in 0..READS {
            if wanted.is_empty() {
                break;
            }
            if read > 0 {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
            let (items, left) = self.batch(std::mem::take(&mut wanted)).await?;
            for item in &items {
                if let Some(record) = self.own(Some(item)).transpose() {
                    found.insert(id_of(item)?, record);
                }
            }
            wanted = left;
        }
        if !wanted.is_empty() {
            let problem = "the table left keys of a batch read unprocessed each time";
            return Err(StoreError::Unavailable(problem.into()));
        }
        Ok(())
    }

    async fn batch(&self, keys: Vec<Item>) -> Result<(Vec<Item>, Vec<Item>), StoreError> {
        let listed = Attribute::ALL
            .iter()
            .filter(|attribute| **attribute != Attribute::Result);
        let listed: Vec<_> = listed
            .map(|attribute| format!("#{}", attribute.name()))
            .collect();
        let listed = listed.join(", ");
        let request = KeysAndAttributes::builder()
            .set_expression_attribute_names(Some(names(&[&listed])))
            .projection_expression(listed)
            .set_keys(Some(keys))
            .consistent_read(true)
            .build();
        let request = request.map_err(StoreError::unavailable)?;
        let answer = self
            .client
            .batch_get_item()
            .request_items(&self.table, request)
            .send()
            .await;
        let mut answer = answer.map_err(StoreError::unavailable)?;
        let items = answer
            .responses
            .as_mut()
            .and_then(|tables| tables.remove(&self.table));
        let left = answer
            .unprocessed_keys
            .and_then(|mut tables| tables.remove(&self.table));
        Ok((
            items.unwrap_or_default(),
            left.map(|keys| keys.keys).unwrap_or_default(),
        ))
    }
}

fn key(id: &JobId) -> HashMap<String, AttributeValue> {
    HashMap::from([(Attribute::Id.name().to_owned(), string(id.to_string()))])
}

fn key_of(item: &Item) -> Result<(Timestamp, JobId), StoreError> {
    let order = item
        .get(Attribute::CreatedOrder.name())
        .and_then(|value| value.as_s().ok());
    order
        .and_then(|order| read_created_order(order))
        .ok_or(StoreError::Corrupt(Attribute::CreatedOrder))
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
}
