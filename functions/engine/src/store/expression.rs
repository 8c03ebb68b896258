//! Conditional updates.

use std::collections::HashMap;
use std::fmt::Write as _;

use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};

use super::JobStore;
use super::condition::Condition;
use super::item::{from_item, millis, number, string};
use crate::{Attribute, CreationToken, JobId, JobRecord, JobState, StoreError, Timestamp};

/// A conditional update, which also counts as a version of the record. `#name` is the attribute with that name, because many names are
/// reserved words; `:name` is a value.
pub(super) struct Update {
    set: String,
    remove: Vec<String>,
    condition: Condition,
    values: HashMap<String, AttributeValue>,
}

impl Update {
    /// An update at `now`, the value `:now`. DynamoDB refuses values that no expression mentions, so one of its expressions must use it.
    pub(super) fn new(condition: Condition, now: Timestamp) -> Self {
        let update = Self {
            set: "SET #version = #version + :one".to_owned(),
            remove: Vec::new(),
            condition,
            values: HashMap::new(),
        };
        update.value(":one", number(1)).value(":now", millis(now))
    }

    /// An update of the job that was accepted with this token: it has the value of [`Condition::SameJob`], which is a part of others.
    pub(super) fn of_job(condition: Condition, token: &CreationToken, now: Timestamp) -> Self {
        Self::new(condition, now).value(":creation_token", string(token.as_str()))
    }

    /// An update of an attempt: it has the values of [`Condition::OwnsAttempt`].
    pub(super) fn of_attempt(condition: Condition, run: &JobRecord, now: Timestamp) -> Self {
        Self::new(condition, now)
            .value(":started", string(JobState::Started.as_str()))
            .value(
                ":token",
                string(run.run_token.as_deref().unwrap_or_default()),
            )
    }

    /// Gives a value that the condition or an assignment names.
    pub(super) fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.values.insert(name.to_owned(), value);
        self
    }

    pub(super) fn set(self, attribute: Attribute, value: AttributeValue) -> Self {
        let name = format!(":{}", attribute.name());
        self.assign(attribute, &name).value(&name, value)
    }

    pub(super) fn set_if_some(self, attribute: Attribute, value: Option<AttributeValue>) -> Self {
        match value {
            Some(value) => self.set(attribute, value),
            None => self,
        }
    }

    /// Sets an attribute to an expression of attributes and values.
    pub(super) fn assign(mut self, attribute: Attribute, expression: &str) -> Self {
        // Writing to a string cannot fail.
        let _ = write!(self.set, ", #{} = {expression}", attribute.name());
        self
    }

    pub(super) fn remove(mut self, attributes: &[Attribute]) -> Self {
        let names = attributes.iter().map(|it| format!("#{}", it.name()));
        self.remove.extend(names);
        self
    }

    fn expression(&self) -> String {
        match self.remove[..] {
            [] => self.set.clone(),
            _ => format!("{} REMOVE {}", self.set, self.remove.join(", ")),
        }
    }
}

/// Outcome of a conditional update.
pub(super) enum Conditional {
    /// It took effect: the current record.
    Applied(Box<JobRecord>),
    /// The condition did not hold: the record as it was then, if there is one.
    Refused(Option<Box<JobRecord>>),
}

impl Conditional {
    /// The current record; `None` if the update was refused.
    pub(super) fn applied(self) -> Option<Box<JobRecord>> {
        match self {
            Self::Applied(record) => Some(record),
            Self::Refused(_) => None,
        }
    }
}

impl JobStore {
    pub(super) async fn update(
        &self,
        id: &JobId,
        update: Update,
    ) -> Result<Conditional, StoreError> {
        let (expression, condition) = (update.expression(), update.condition.expression());
        let names = names(&[&expression, condition]);
        let request = self.client.update_item().table_name(&self.table);
        let answer = request
            .key(Attribute::Id.name(), string(id.to_string()))
            .update_expression(expression)
            .condition_expression(condition)
            .set_expression_attribute_names(Some(names))
            .set_expression_attribute_values(Some(update.values))
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
