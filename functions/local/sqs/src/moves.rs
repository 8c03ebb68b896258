//! `StartMessageMoveTask` and `ListMessageMoveTasks`: redrive from a dead-letter queue.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::content::Message;
use super::error::{Code, Error, Result};
use super::limits::{required, within, within_or};
use super::names::name_in_arn;
use super::store::{Ids, MoveTask, Queues, State};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StartMessageMoveTask {
    source_arn: Option<String>,
    destination_arn: Option<String>,
    max_number_of_messages_per_second: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListMessageMoveTasks {
    source_arn: Option<String>,
    max_results: Option<i64>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Started {
    task_handle: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct MoveTasks {
    results: Vec<MoveTask>,
}

/// One redrive: its source, its destination (by default the queue that each message came from) and its time.
struct Redrive<'a> {
    source: &'a str,
    destination: Option<&'a str>,
    now_ms: u64,
}

impl Queues {
    pub(super) fn start_message_move_task(&self, request: StartMessageMoveTask) -> Result<Started> {
        let rate = request.max_number_of_messages_per_second;
        let rate = rate
            .map(|rate| within(rate, "MaxNumberOfMessagesPerSecond", &(1..=500)))
            .transpose()?;
        let source_arn = required(request.source_arn, "SourceArn")?;
        let mut state = self.lock();
        let source = state.name_of(&source_arn)?;
        if state.sources_of(source).next().is_none() {
            return Err(Error::parameter(
                "SourceArn",
                &source_arn,
                "Source queue must be configured as a Dead Letter Queue.",
            ));
        }
        let destination = request
            .destination_arn
            .as_deref()
            .map(|arn| state.name_of(arn))
            .transpose()?;
        let redrive = Redrive {
            source,
            destination,
            now_ms: self.clock.now_ms(),
        };
        let (moved, left) = state.redrive(&redrive, &self.ids)?;
        let started_timestamp = redrive.now_ms;
        state.moves.push(MoveTask {
            status: if left == 0 { "COMPLETED" } else { "FAILED" },
            source_arn,
            destination_arn: request.destination_arn,
            max_number_of_messages_per_second: rate,
            approximate_number_of_messages_moved: moved,
            approximate_number_of_messages_to_move: moved + left,
            started_timestamp,
            failure_reason: (left > 0).then_some("CouldNotDetermineMessageSource"),
        });
        Ok(Started {
            task_handle: self.ids.uuid(),
        })
    }

    pub(super) fn list_message_move_tasks(
        &self,
        request: &ListMessageMoveTasks,
    ) -> Result<MoveTasks> {
        let source_arn = required(request.source_arn.as_ref(), "SourceArn")?;
        let most = within_or(request.max_results, 1, "MaxResults", &(1..=10))?;
        let state = self.lock();
        state.name_of(source_arn)?;
        let newest_first = state
            .moves
            .iter()
            .rev()
            .filter(|task| task.source_arn == *source_arn);
        Ok(MoveTasks {
            results: newest_first.take(most as usize).cloned().collect(),
        })
    }
}

impl State {
    fn name_of<'a>(&self, arn: &'a str) -> Result<&'a str> {
        name_in_arn(arn)
            .filter(|name| self.queues.contains_key(*name))
            .ok_or_else(|| {
                Code::ResourceNotFound
                    .because("The resource that you specified for the ARN doesn't exist.")
            })
    }

    /// Moves every visible message. Returns the number of moved messages, and the number of those that stay because their source is
    /// unknown or was deleted.
    fn redrive(&mut self, redrive: &Redrive<'_>, ids: &Ids) -> Result<(usize, usize)> {
        let numbers = self
            .slot(redrive.source)?
            .at(redrive.now_ms, |queue| queue.visible_numbers());
        let (mut moved, mut left) = (0, 0);
        for number in numbers {
            if self.redrive_one(redrive, number, ids)? {
                moved += 1;
            } else {
                left += 1;
            }
        }
        Ok((moved, left))
    }

    fn redrive_one(&mut self, redrive: &Redrive<'_>, number: u64, ids: &Ids) -> Result<bool> {
        let source = self.slot(redrive.source)?;
        let origin_arn = source
            .queue()
            .message(number)
            .and_then(|message| message.dead_letter_source_arn.clone());
        let origin = origin_arn.as_deref().and_then(name_in_arn);
        let Some(name) = redrive
            .destination
            .or(origin)
            .filter(|name| self.queues.contains_key(*name))
        else {
            return Ok(false);
        };
        let taken = self
            .slot(redrive.source)?
            .at(redrive.now_ms, |queue| queue.take(number));
        let Some(message) = taken else {
            return Ok(false);
        };
        // To SQS a redriven message is a new message: new id, new age, receive count 0.
        let message = Message::new(ids.uuid(), Arc::clone(&message.content), redrive.now_ms);
        self.slot(name)?.at(redrive.now_ms, |queue| {
            queue.add(message, 0, redrive.now_ms);
        });
        Ok(true)
    }
}
