//! Conditional updates.

use std::collections::HashMap;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::JobStore;
use super::condition::Condition;
use super::item::{from_item, string};
use crate::{Attribute, JobId, JobRecord, StoreError};

/// An update with its condition. `#name` is the attribute with that name, because many names are reserved words; `:name` is a value.
pub(super) struct Update {
    pub(super) set: String,
    pub(super) condition: Condition,
    pub(super) values: Vec<(&'static str, AttributeValue)>,
}

/// Outcome of a conditional update.
pub(super) enum Conditional {
    /// It took effect: the current record.
    Applied(Box<JobRecord>),
    /// The condition did not hold: the record as it was then, if there is one.
    Refused(Option<Box<JobRecord>>),
}

impl JobStore {
    pub(super) async fn update(
        &self,
        id: &JobId,
        update: Update,
    ) -> Result<Conditional, StoreError> {
        let names = names(&[&update.set, update.condition.expression()]);
        let values = update
            .values
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        let request = self.client.update_item().table_name(&self.table);
        let answer = request
            .key(Attribute::Id.name(), string(id.to_string()))
            .update_expression(update.set)
            .condition_expression(update.condition.expression())
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(values.collect()))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        match answer {
            Ok(new) => {
                let new = from_item(&new.attributes.unwrap_or_default())?;
                Ok(Conditional::Applied(Box::new(new)))
            }
            Err(error) => match error.into_service_error() {
                UpdateItemError::ConditionalCheckFailedException(refused) => {
                    let old = refused.item.as_ref().map(from_item).transpose()?;
                    Ok(Conditional::Refused(old.map(Box::new)))
                }
                other => Err(StoreError::unavailable(other)),
            },
        }
    }
}

/// Maps `#name` to `name` for each name in the expressions. DynamoDB refuses names that no expression uses.
pub(super) fn names(expressions: &[&str]) -> HashMap<String, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut names = HashMap::new();
    for part in expressions.iter().flat_map(|text| text.split('#').skip(1)) {
        let name = part.split(|c| !is_name(c)).next().unwrap_or_default();
        names.insert(format!("#{name}"), name.to_owned());
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_that_an_expression_mentions_is_given_once() {
        let names = names(&[
            "SET #state = :a, #version = #version + :one",
            "#state = :b AND attribute_not_exists(#result)",
        ]);
        let mut keys: Vec<_> = names
            .iter()
            .map(|(key, name)| format!("{key}={name}"))
            .collect();
        keys.sort();
        assert_eq!(keys, ["#result=result", "#state=state", "#version=version"]);
    }
}
