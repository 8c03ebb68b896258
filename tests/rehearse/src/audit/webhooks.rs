//! What the auditor knows of webhooks: the end that each has to report, and what the records say of its deliveries.

use std::collections::{BTreeMap, HashSet};

use super::image::{End, Image};

/// The webhooks of all jobs.
#[derive(Debug, Default)]
pub struct Webhooks {
    /// The creation tokens of the jobs for whose end a message was sent.
    announced: HashSet<String>,
    /// The webhooks of the jobs that ended, by URL: each job of a run has a URL of its own.
    ended: BTreeMap<String, Webhook>,
}

/// The webhook of a job whose end was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// The end that it has to report.
    pub end: End,
    /// PENDING, DELIVERED or FAILED, as its record says or last said.
    pub state: String,
    /// The number of deliveries that its record counts.
    pub attempts: i64,
    /// When it was recorded as delivered.
    pub delivered_ms: Option<i64>,
    /// Whether its job was deleted.
    pub is_gone: bool,
}

impl Webhooks {
    /// A message about the end of the job with this creation token was taken by the queue.
    pub(super) fn announced(&mut self, creation_token: &str) {
        self.announced.insert(creation_token.to_owned());
    }

    /// Whether this ends a job with a webhook before a message about its end was sent.
    pub(super) fn lacks_message(&self, before: Option<&Image>, after: Option<&Image>) -> bool {
        let ends = before.is_none_or(Image::is_open);
        let with_callback = after.filter(|image| ends && has_webhook(image));
        with_callback.is_some_and(|image| !self.announced.contains(&image.creation_token))
    }

    /// A write took effect.
    pub(super) fn wrote(&mut self, before: Option<&Image>, after: Option<&Image>, done_ms: i64) {
        let is_same =
            |image: &Image| after.is_some_and(|after| after.creation_token == image.creation_token);
        let left = before.filter(|image| !is_same(image));
        if let Some(webhook) = left.and_then(|image| self.ended.get_mut(&image.callback_url)) {
            webhook.is_gone = true;
        }
        let ended = after.filter(|image| has_webhook(image));
        let Some((image, end)) = ended.and_then(|image| Some((image, image.end()?))) else {
            return;
        };
        let url = image.callback_url.clone();
        let webhook = self.ended.entry(url).or_insert_with(|| Webhook {
            end,
            state: String::new(),
            attempts: 0,
            delivered_ms: None,
            is_gone: false,
        });
        if image.callback_state == DELIVERED {
            webhook.delivered_ms.get_or_insert(done_ms);
        }
        webhook.state.clone_from(&image.callback_state);
        webhook.attempts = image.callback_attempts;
    }

    /// The webhook with this URL, if the end of its job was written.
    #[must_use]
    pub fn get(&self, url: &str) -> Option<&Webhook> {
        self.ended.get(url)
    }

    /// Each webhook whose job has ended, by its URL.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Webhook)> {
        self.ended
            .iter()
            .map(|(url, webhook)| (url.as_str(), webhook))
    }

    /// Number of webhooks that are delivered within seconds: of the others, two deliveries failed, and the next one is made after minutes.
    #[must_use]
    pub fn soon_delivered(&self) -> usize {
        let is_soon = |webhook: &&Webhook| webhook.is_pending() && webhook.attempts < 2;
        self.ended.values().filter(is_soon).count()
    }
}

impl Webhook {
    /// Whether it is still to be delivered.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.state == "PENDING" && !self.is_gone
    }
}

const DELIVERED: &str = "DELIVERED";

fn has_webhook(image: &Image) -> bool {
    !image.is_open() && !image.callback_url.is_empty()
}

/// Whether the state of the webhook is the only change.
pub(super) fn is_about_webhook(before: &Image, after: &Image) -> bool {
    let told = Image {
        version: after.version,
        callback_state: after.callback_state.clone(),
        callback_attempts: after.callback_attempts,
        callback_status: after.callback_status,
        ..before.clone()
    };
    told == *after && is_changed(before, after)
}

/// Whether a write changes the state of the webhook as no delivery may: each is counted once, and delivered is final.
pub(super) fn is_misrecorded(before: &Image, after: &Image) -> bool {
    let is_counted = after.callback_attempts == before.callback_attempts + 1;
    let is_final = match before.callback_state.as_str() {
        "PENDING" => false,
        "FAILED" => after.callback_state != DELIVERED,
        _ => true,
    };
    is_changed(before, after) && (before.is_open() || !is_counted || is_final)
}

fn is_changed(before: &Image, after: &Image) -> bool {
    let callback = |image: &Image| {
        let (attempts, status) = (image.callback_attempts, image.callback_status);
        let texts = (image.callback_url.clone(), image.callback_state.clone());
        (texts, attempts, status)
    };
    callback(before) != callback(after)
}

#[cfg(test)]
mod tests {
    use super::super::ledger::tests::{ended, scheduled};
    use super::*;

    fn with(image: &Image, state: &str, attempts: i64) -> Image {
        Image {
            callback_url: "http://a/1".to_owned(),
            callback_state: state.to_owned(),
            callback_attempts: attempts,
            version: image.version + 1,
            ..image.clone()
        }
    }

    #[test]
    fn an_end_needs_a_message_before_it_if_it_has_a_webhook() {
        let mut webhooks = Webhooks::default();
        let open = with(&scheduled(), "PENDING", 0);
        let (end, without) = (ended(&open, "SUCCESS"), ended(&scheduled(), "SUCCESS"));
        let lacks = |webhooks: &Webhooks, after| webhooks.lacks_message(Some(&open), Some(after));
        assert!(lacks(&webhooks, &end));
        assert!(!lacks(&webhooks, &without));
        assert!(!lacks(&webhooks, &open));
        assert!(!webhooks.lacks_message(Some(&end), Some(&end)));
        webhooks.announced("2");
        assert!(lacks(&webhooks, &end));
        webhooks.announced("1");
        assert!(!lacks(&webhooks, &end));
    }

    #[test]
    fn each_delivery_is_counted_once_and_what_arrived_stays_so() {
        let end = ended(&scheduled(), "SUCCESS");
        let at = |state, attempts| with(&end, state, attempts);
        for (before, after, is_wrong) in [
            (at("PENDING", 0), at("PENDING", 1), false),
            (at("PENDING", 1), at("DELIVERED", 2), false),
            (at("PENDING", 1), at("FAILED", 2), false),
            (at("FAILED", 2), at("DELIVERED", 3), false),
            (at("FAILED", 2), at("PENDING", 3), true),
            (at("DELIVERED", 2), at("FAILED", 3), true),
            (at("DELIVERED", 2), at("DELIVERED", 3), true),
            (at("PENDING", 0), at("PENDING", 2), true),
            (at("PENDING", 1), at("DELIVERED", 1), true),
        ] {
            assert!(is_about_webhook(&before, &after));
            assert_eq!(is_misrecorded(&before, &after), is_wrong, "{after:?}");
        }
        let open = with(&scheduled(), "PENDING", 0);
        assert!(is_misrecorded(&open, &with(&open, "PENDING", 1)));
        assert!(!is_misrecorded(&open, &ended(&open, "SUCCESS")));
        let other_end = Image {
            outcome: "FAILED".to_owned(),
            ..at("PENDING", 1)
        };
        assert!(!is_about_webhook(&at("PENDING", 0), &other_end));
    }

    #[test]
    fn a_webhook_is_awaited_until_it_arrived_failed_twice_or_its_job_is_gone() {
        let end = ended(&scheduled(), "SUCCESS");
        let awaited = |states: &[(&str, i64)], is_deleted| {
            let mut webhooks = Webhooks::default();
            let images: Vec<_> = states
                .iter()
                .map(|(state, n)| with(&end, state, *n))
                .collect();
            for image in &images {
                webhooks.wrote(None, Some(image), 5);
            }
            if is_deleted {
                webhooks.wrote(images.last(), None, 6);
            }
            webhooks.soon_delivered()
        };
        assert_eq!(awaited(&[("PENDING", 0)], false), 1);
        assert_eq!(awaited(&[("PENDING", 1)], false), 1);
        assert_eq!(awaited(&[("PENDING", 2)], false), 0);
        assert_eq!(awaited(&[("PENDING", 0), ("DELIVERED", 1)], false), 0);
        assert_eq!(awaited(&[("FAILED", 1)], false), 0);
        assert_eq!(awaited(&[("PENDING", 0)], true), 0);
    }
}
