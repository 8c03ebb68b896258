//! The record as a DynamoDB item, and back.

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_dynamodb::types::AttributeValue;

use super::index::{created_order, owner_shard, read_created_order};
use crate::{
    Attribute, Callback, CallbackState, Checkpoint, CreationToken, EndedSlices, Failure,
    Fingerprint, JobId, JobRecord, JobState, KindName, Outcome, Owner, Percent, ScheduleName,
    StoreError, Timestamp,
};

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn string(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

pub(crate) fn number(value: impl ToString + Copy) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

pub(crate) fn millis(time: Timestamp) -> AttributeValue {
    number(time.ms())
}

/// An end time, rounded up, so that nothing ends early.
pub(crate) fn epoch_seconds(time: Timestamp) -> AttributeValue {
    number(time.seconds_rounded_up())
}

/// The item of an unfinished record, as `create` writes it.
pub(crate) fn to_item(record: &JobRecord) -> Item {
    use Attribute as A;
    let item = [
        (A::Id, string(record.id.to_string())),
        (A::Owner, string(record.owner.as_str())),
        (A::Name, string(record.kind.as_str())),
        (A::Fingerprint, string(record.fingerprint.as_str())),
        (A::CreationToken, string(record.creation_token.as_str())),
        (A::State, string(record.state.as_str())),
        (A::Percent, number(record.percent.get())),
        // Before the first report it is the title, which is not stored twice.
        (A::Summary, string("")),
        (A::ScheduledStartMs, millis(record.scheduled_start)),
        (A::DeadlineMs, millis(record.deadline)),
        (A::OverdueMs, millis(record.overdue_at)),
        (A::ExpiresAt, epoch_seconds(record.expires_at)),
        (A::Attempt, number(record.attempt)),
        (A::MaxAttempts, number(record.max_attempts)),
        (A::Version, number(record.version)),
        (A::UpdatedAtMs, millis(record.updated_at)),
        (
            A::OwnerShard,
            string(owner_shard(&record.owner, &record.id)),
        ),
        (
            A::CreatedOrder,
            string(created_order(record.created_at, &record.id)),
        ),
    ];
    let title = record.title.as_deref();
    let title = title.map(|title| (A::Title, string(title)));
    let schedule = record.schedule.as_ref();
    let schedule = schedule.map(|name| (A::Schedule, string(name.as_str())));
    let callback = record.callback.iter().flat_map(|callback| {
        [
            (A::CallbackUrl, string(callback.url.as_str())),
            (A::CallbackState, string(callback.state.as_str())),
            (A::CallbackAttempts, number(callback.attempts)),
        ]
    });
    item.into_iter()
        .chain(title)
        .chain(schedule)
        .chain(callback)
        .map(|(attribute, value)| (attribute.name().to_owned(), value))
        .collect()
}

/// Reads an item that this crate wrote.
///
/// # Errors
/// [`StoreError::Corrupt`], naming the first attribute that is missing or malformed: this service did not write the item.
pub(crate) fn from_item(item: &Item) -> Result<JobRecord, StoreError> {
    use Attribute as A;
    let read = Reader(item);
    let (created_at, _) = read.parsed(A::CreatedOrder, read_created_order)?;
    let deadline = read.time(A::DeadlineMs)?;
    let title = read.text(A::Title);
    let summary = match read.text(A::Summary) {
        Some("") => title.unwrap_or_default(),
        Some(summary) => summary,
        None => return Err(StoreError::Corrupt(A::Summary)),
    };
    Ok(JobRecord {
        id: id_of(item)?,
        owner: read.parsed(A::Owner, Owner::stored)?,
        kind: read.parsed(A::Name, |name| name.parse::<KindName>().ok())?,
        fingerprint: read.parsed(A::Fingerprint, Fingerprint::from_hex)?,
        creation_token: read.parsed(A::CreationToken, CreationToken::stored)?,
        state: read.state()?,
        percent: Percent::new(read.number(A::Percent)?),
        start_percent: Percent::new(read.optional_number(A::StartPercent)?.unwrap_or(0)),
        checkpoint: read.text(A::Checkpoint).map(Checkpoint::stored),
        title: title.map(str::to_owned),
        summary: summary.to_owned(),
        created_at,
        scheduled_start: read.time(A::ScheduledStartMs)?,
        schedule: read.text(A::Schedule).map(ScheduleName::stored),
        started_at: read.optional_time(A::StartedAtMs)?,
        ended_slices: read.ended_slices()?,
        is_between_slices: item.contains_key(A::AttemptStep.name()),
        ended_at: read.optional_time(A::EndedAtMs)?,
        deadline,
        overdue_at: read.optional_time(A::OverdueMs)?.unwrap_or(deadline),
        lease_until: read.optional_time(A::LeaseUntilMs)?,
        run_token: read.text(A::RunToken).map(str::to_owned),
        progress_number: read.optional_number(A::ProgressNumber)?.unwrap_or(0),
        expires_at: Timestamp::from_seconds(read.number(A::ExpiresAt)?),
        attempt: read.number(A::Attempt)?,
        max_attempts: read.number(A::MaxAttempts)?,
        cancel_requested: item.contains_key(A::CancelRequested.name()),
        is_deleted: item.contains_key(A::Deleted.name()),
        version: read.number(A::Version)?,
        updated_at: read.time(A::UpdatedAtMs)?,
        result: read.text(A::Result).map(str::to_owned),
        result_token: read.text(A::ResultToken).map(str::to_owned),
        result_days: read.optional_number(A::ResultDays)?,
        error: read.failure(),
        callback: read.callback()?,
    })
}

/// The id of an item, whatever else it has.
///
/// # Errors
/// As [`from_item`].
pub(crate) fn id_of(item: &Item) -> Result<JobId, StoreError> {
    Reader(item).parsed(Attribute::Id, |id| id.parse().ok())
}

struct Reader<'a>(&'a Item);

impl Reader<'_> {
    fn text(&self, attribute: Attribute) -> Option<&str> {
        self.0
            .get(attribute.name())?
            .as_s()
            .ok()
            .map(String::as_str)
    }

    fn parsed<T>(
        &self,
        attribute: Attribute,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<T, StoreError> {
        self.text(attribute)
            .and_then(parse)
            .ok_or(StoreError::Corrupt(attribute))
    }

    fn number<T: std::str::FromStr>(&self, attribute: Attribute) -> Result<T, StoreError> {
        self.optional_number(attribute)?
            .ok_or(StoreError::Corrupt(attribute))
    }

    fn optional_number<T: std::str::FromStr>(
        &self,
        attribute: Attribute,
    ) -> Result<Option<T>, StoreError> {
        let Some(value) = self.0.get(attribute.name()) else {
            return Ok(None);
        };
        let number = value.as_n().ok().and_then(|text| text.parse().ok());
        number.map(Some).ok_or(StoreError::Corrupt(attribute))
    }

    fn time(&self, attribute: Attribute) -> Result<Timestamp, StoreError> {
        self.number(attribute).map(Timestamp::from_ms)
    }

    fn optional_time(&self, attribute: Attribute) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.optional_number(attribute)?.map(Timestamp::from_ms))
    }

    fn state(&self) -> Result<JobState, StoreError> {
        match self.text(Attribute::State) {
            Some("SCHEDULED") => Ok(JobState::Scheduled),
            Some("STARTED") => Ok(JobState::Started),
            Some("COMPLETED") => self.outcome().map(JobState::Completed),
            _ => Err(StoreError::Corrupt(Attribute::State)),
        }
    }

    fn outcome(&self) -> Result<Outcome, StoreError> {
        match self.text(Attribute::Outcome) {
            Some("SUCCESS") => Ok(Outcome::Success),
            Some("FAILED") => Ok(Outcome::Failed),
            Some("CANCELED") => Ok(Outcome::Canceled),
            _ => Err(StoreError::Corrupt(Attribute::Outcome)),
        }
    }

    fn ended_slices(&self) -> Result<Option<EndedSlices>, StoreError> {
        let Some(attempt) = self.optional_number(Attribute::SliceAttempt)? else {
            return Ok(None);
        };
        Ok(Some(EndedSlices {
            attempt,
            began_at: self.time(Attribute::SliceBeganMs)?,
            ran: self.number(Attribute::RanMs).map(Duration::from_millis)?,
        }))
    }

    fn callback(&self) -> Result<Option<Callback>, StoreError> {
        let Some(url) = self.text(Attribute::CallbackUrl) else {
            return Ok(None);
        };
        Ok(Some(Callback {
            url: url.to_owned(),
            state: self.parsed(Attribute::CallbackState, CallbackState::stored)?,
            attempts: self.number(Attribute::CallbackAttempts)?,
            last_status: self.optional_number(Attribute::CallbackStatus)?,
        }))
    }

    fn failure(&self) -> Option<Failure> {
        let message = self.text(Attribute::ErrorMessage).unwrap_or_default();
        self.text(Attribute::ErrorCode)
            .map(|code| Failure::new(code, message))
    }
}

#[cfg(test)]
mod tests;
