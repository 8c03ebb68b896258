//! `CreateQueue`, `DeleteQueue`, `GetQueueUrl`, `ListQueues`, `ListDeadLetterSourceQueues`, `PurgeQueue`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::{Code, Error, Result};
use super::limits::{COOL_DOWN_MS, check_queue_name, required, within};
use super::names::{ACCOUNT, name_in_arn, name_in_url, queue_arn, queue_url};
use super::queue::Queue;
use super::settings::Settings;
use super::store::{Queues, Slot, State};
use super::wire::Empty;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CreateQueue {
    queue_name: Option<String>,
    #[serde(default)]
    attributes: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GetQueueUrl {
    queue_name: Option<String>,
    #[serde(rename = "QueueOwnerAWSAccountId")]
    owner: Option<String>,
}

/// A request whose only parameter is a queue.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OneQueue {
    queue_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListQueues {
    #[serde(default)]
    queue_name_prefix: String,
    #[serde(flatten)]
    page: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListDeadLetterSourceQueues {
    queue_url: Option<String>,
    #[serde(flatten)]
    page: Page,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    max_results: Option<i64>,
    next_token: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QueueUrl {
    queue_url: String,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QueueUrls {
    queue_urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

/// A response whose member begins with a lower-case letter, as this operation of the API has it.
#[derive(Serialize)]
pub(super) struct SourceQueueUrls {
    #[serde(rename = "queueUrls")]
    queue_urls: Vec<String>,
    #[serde(rename = "NextToken", skip_serializing_if = "Option::is_none")]
    next_token: Option<String>,
}

impl Queues {
    pub(super) fn create_queue(&self, base: &str, request: CreateQueue) -> Result<QueueUrl> {
        let name = required(request.queue_name, "QueueName")?;
        check_queue_name(&name)?;
        let settings = Settings::default().with(&request.attributes)?;
        let mut state = self.lock();
        if let Some(slot) = state.queues.get(&name) {
            must_agree(&slot.queue().settings, &settings, &request.attributes)?;
        } else {
            let now_ms = self.clock.now_ms();
            state.check_not_just_deleted(&name, now_ms)?;
            state.check_target(&settings)?;
            let queue = Queue::new(self.ids.number(), settings, now_ms);
            state.queues.insert(name.clone(), Slot::new(queue));
        }
        let queue_url = queue_url(base, &name);
        Ok(QueueUrl { queue_url })
    }

    pub(super) fn get_queue_url(&self, base: &str, request: GetQueueUrl) -> Result<QueueUrl> {
        let name = required(request.queue_name, "QueueName")?;
        let is_ours = request.owner.is_none_or(|owner| owner == ACCOUNT);
        if !is_ours || !self.lock().queues.contains_key(&name) {
            return Err(Error::no_queue());
        }
        let queue_url = queue_url(base, &name);
        Ok(QueueUrl { queue_url })
    }

    pub(super) fn delete_queue(&self, request: OneQueue) -> Result<Empty> {
        let url = required(request.queue_url, "QueueUrl")?;
        let name = name_in_url(&url)?;
        let mut state = self.lock();
        let slot = state.queues.remove(name).ok_or_else(Error::no_queue)?;
        state
            .deleted_at_ms
            .insert(name.to_owned(), self.clock.now_ms());
        // Waiting polls of this queue end with an error.
        slot.bell.ring_all();
        Ok(Empty {})
    }

    pub(super) fn purge_queue(&self, request: &OneQueue) -> Result<Empty> {
        self.with_queue(request.queue_url.as_ref(), |queue, now_ms| {
            if queue
                .purged_at_ms
                .is_some_and(|at_ms| now_ms < at_ms + COOL_DOWN_MS)
            {
                let message =
                    "Only one PurgeQueue operation on a queue is allowed every 60 seconds.";
                return Err(Code::PurgeQueueInProgress.because(message));
            }
            queue.purged_at_ms = Some(now_ms);
            queue.purge();
            Ok(Empty {})
        })?
    }

    pub(super) fn list_queues(&self, base: &str, request: &ListQueues) -> Result<QueueUrls> {
        let state = self.lock();
        let names = state
            .queues
            .keys()
            .filter(|name| name.starts_with(&request.queue_name_prefix));
        let (queue_urls, next_token) = request.page.of(base, names)?;
        Ok(QueueUrls {
            queue_urls,
            next_token,
        })
    }

    pub(super) fn list_dead_letter_source_queues(
        &self,
        base: &str,
        request: &ListDeadLetterSourceQueues,
    ) -> Result<SourceQueueUrls> {
        let name = name_in_url(required(request.queue_url.as_ref(), "QueueUrl")?)?;
        let mut state = self.lock();
        state.slot(name)?;
        let (queue_urls, next_token) = request.page.of(base, state.sources_of(name))?;
        Ok(SourceQueueUrls {
            queue_urls,
            next_token,
        })
    }
}

impl State {
    fn check_not_just_deleted(&mut self, name: &str, now_ms: u64) -> Result<()> {
        self.deleted_at_ms
            .retain(|_, at_ms| now_ms < *at_ms + COOL_DOWN_MS);
        if self.deleted_at_ms.contains_key(name) {
            let message = "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
            return Err(Code::QueueDeletedRecently.because(message));
        }
        Ok(())
    }

    /// A redrive policy must name an existing queue, which may still be deleted later.
    pub(super) fn check_target(&self, settings: &Settings) -> Result<()> {
        let Some(policy) = &settings.redrive else {
            return Ok(());
        };
        let target = name_in_arn(&policy.dead_letter_target_arn);
        if target.is_some_and(|name| self.queues.contains_key(name)) {
            return Ok(());
        }
        Err(Error::parameter(
            "RedrivePolicy",
            policy.to_json(),
            "Dead letter target does not exist.",
        ))
    }

    /// The queues whose dead-letter queue is this one.
    pub(super) fn sources_of(&self, name: &str) -> impl Iterator<Item = &String> {
        let arn = queue_arn(name);
        let is_source = move |slot: &Slot| {
            let policy = slot.queue().settings.redrive.as_ref();
            policy.is_some_and(|policy| policy.dead_letter_target_arn == arn)
        };
        self.queues
            .iter()
            .filter(move |(_, slot)| is_source(slot))
            .map(|(name, _)| name)
    }
}

/// Creating an existing queue changes nothing: the given attributes must equal its own.
fn must_agree(
    existing: &Settings,
    wanted: &Settings,
    given: &BTreeMap<String, String>,
) -> Result<()> {
    if let Some(name) = given
        .keys()
        .find(|name| existing.get(name) != wanted.get(name))
    {
        let message = format!(
            "A queue already exists with the same name and a different value for attribute {name}"
        );
        return Err(Code::QueueNameExists.because(message));
    }
    Ok(())
}

const MOST_RESULTS: usize = 1_000;

impl Page {
    /// The URLs of this page, and the token of the next page: the last name of this page.
    fn of<'a>(
        &self,
        base: &str,
        names: impl Iterator<Item = &'a String>,
    ) -> Result<(Vec<String>, Option<String>)> {
        let limit = self
            .max_results
            .map(|limit| within(limit, "MaxResults", &(1..=1_000)))
            .transpose()?;
        let most = limit.map_or(MOST_RESULTS, |limit| limit as usize);
        let mut rest = names
            .skip_while(|name| self.next_token.as_ref().is_some_and(|last| *name <= last))
            .peekable();
        let mut page = Vec::new();
        while page.len() < most
            && let Some(name) = rest.next()
        {
            page.push(name);
        }
        // Without MaxResults the API returns up to 1,000 queues and no token.
        let has_next = limit.is_some() && rest.peek().is_some();
        let next_token = page.last().filter(|_| has_next).map(|last| (*last).clone());
        Ok((
            page.into_iter().map(|name| queue_url(base, name)).collect(),
            next_token,
        ))
    }
}
