//! What the records say of a load's jobs, once all is at rest.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes};
use engine::Attribute;

use local::TABLE;

/// A job's times, in milliseconds since the epoch, and how it ended.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Outcome {
    /// When it was accepted: its start was scheduled for then.
    pub(super) accepted_ms: f64,
    /// When its attempt was claimed.
    pub(super) claimed_ms: f64,
    /// When its end was written.
    pub(super) ended_ms: f64,
    /// Whether it succeeded.
    pub(super) is_success: bool,
}

type Item = HashMap<String, AttributeValue>;

/// The most that DynamoDB gives in one call.
const AT_ONCE: usize = 100;

/// The outcomes of the jobs with these ids; one that has no record, or is not at its end, is missing.
pub(super) async fn outcomes(
    table: &Client,
    ids: impl Iterator<Item = &str>,
) -> Result<HashMap<String, Outcome>, aws_sdk_dynamodb::Error> {
    let mut outcomes = HashMap::new();
    let mut wanted: Vec<Item> = ids.map(key).collect();
    while !wanted.is_empty() {
        let rest = wanted.split_off(wanted.len().min(AT_ONCE));
        let keys = KeysAndAttributes::builder()
            .set_keys(Some(wanted))
            .build()?;
        let call = table.batch_get_item().request_items(TABLE, keys);
        let answer = call.send().await?;
        let items = answer.responses.unwrap_or_default().remove(TABLE);
        outcomes.extend(items.unwrap_or_default().iter().filter_map(read));
        wanted = rest;
        // What was too much for one answer is asked for again.
        let unanswered = answer.unprocessed_keys.unwrap_or_default().remove(TABLE);
        wanted.extend(unanswered.map(|more| more.keys).unwrap_or_default());
    }
    Ok(outcomes)
}

fn key(id: &str) -> Item {
    HashMap::from([(
        Attribute::Id.name().to_owned(),
        AttributeValue::S(id.to_owned()),
    )])
}

fn read(item: &Item) -> Option<(String, Outcome)> {
    let text = |attribute: Attribute| item.get(attribute.name())?.as_s().ok();
    let number = |attribute: Attribute| item.get(attribute.name())?.as_n().ok()?.parse().ok();
    let outcome = Outcome {
        accepted_ms: number(Attribute::ScheduledStartMs)?,
        claimed_ms: number(Attribute::StartedAtMs)?,
        ended_ms: number(Attribute::EndedAtMs)?,
        is_success: text(Attribute::Outcome)? == engine::Outcome::Success.as_str(),
    };
    Some((text(Attribute::Id)?.clone(), outcome))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(attributes: &[(Attribute, AttributeValue)]) -> Item {
        let named = attributes
            .iter()
            .map(|(attribute, value)| (attribute.name().to_owned(), value.clone()));
        named.collect()
    }

    #[test]
    fn only_a_job_at_its_end_has_an_outcome() {
        let (text, number) = (
            |text: &str| AttributeValue::S(text.to_owned()),
            |ms: u32| AttributeValue::N(ms.to_string()),
        );
        let mut attributes = vec![
            (Attribute::Id, text("17")),
            (Attribute::ScheduledStartMs, number(1_000)),
            (Attribute::StartedAtMs, number(1_004)),
        ];
        assert_eq!(read(&item(&attributes)), None);

        attributes.extend([
            (Attribute::EndedAtMs, number(1_009)),
            (Attribute::Outcome, text("SUCCESS")),
        ]);
        let outcome = Outcome {
            accepted_ms: 1_000.0,
            claimed_ms: 1_004.0,
            ended_ms: 1_009.0,
            is_success: true,
        };
        assert_eq!(read(&item(&attributes)), Some(("17".to_owned(), outcome)));
    }
}
