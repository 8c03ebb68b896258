//! Deliveries that the queue did not mean: SQS delivers at least once and in any order.

use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::fault::Kind;
use super::plan::Redelivery;
use crate::call::Call;

/// Messages on their way to a later poll.
#[derive(Debug, Default)]
pub(super) struct OnTheirWay {
    messages: Mutex<Vec<(Instant, Value)>>,
    /// Rung when there is another one.
    bell: Notify,
}

impl OnTheirWay {
    /// Removes messages that are delivered later from a poll's answer, and copies those that are delivered again. `draw` decides for each.
    pub(super) fn divert(
        &self,
        answer: Bytes,
        mut draw: impl FnMut() -> Option<Redelivery>,
        mut count: impl FnMut(Kind),
    ) -> Bytes {
        let Ok(mut read) = serde_json::from_slice::<Value>(&answer) else {
            return answer;
        };
        let Some(messages) = read.get_mut("Messages").and_then(Value::as_array_mut) else {
            return answer;
        };
        messages.retain(|message| {
            let Some(redelivery) = draw() else {
                return true;
            };
            count(if redelivery.is_second {
                Kind::Duplicate
            } else {
                Kind::LateDelivery
            });
            self.keep(Instant::now() + redelivery.after, message.clone());
            redelivery.is_second
        });
        Bytes::from(read.to_string())
    }

    fn keep(&self, due: Instant, message: Value) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push((due, message));
        drop(messages);
        self.bell.notify_waiters();
    }

    /// The answer to a poll, once a message is due.
    pub(super) async fn arrive(&self, poll: &Call) -> Bytes {
        let most = poll.body["MaxNumberOfMessages"].as_u64().unwrap_or(1);
        loop {
            // Listens before it looks, so that it misses nothing in between.
            let rung = self.bell.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            let (due, next) = self.take_due(usize::try_from(most).unwrap_or(1));
            if !due.is_empty() {
                return Bytes::from(json!({"Messages": due}).to_string());
            }
            match next {
                None => rung.await,
                Some(next) => tokio::select! {
                    () = rung => {}
                    () = sleep_until(next) => {}
                },
            }
        }
    }

    /// What is due, and when the next one is.
    fn take_due(&self, most: usize) -> (Vec<Value>, Option<Instant>) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (mut due, mut rest) = (Vec::new(), Vec::new());
        for (at, message) in messages.drain(..) {
            if at <= now && due.len() < most {
                due.push(message);
            } else {
                rest.push((at, message));
            }
        }
        let next = rest.iter().map(|(at, _)| *at).min();
        *messages = rest;
        (due, next)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::Request;

    use super::*;

    fn poll() -> Call {
        let request = Request::post("/").body(()).unwrap();
        let body = Bytes::from_static(br#"{"MaxNumberOfMessages": 10}"#);
        Call::of(request.into_parts().0, body)
    }

    fn ids(answer: &[u8]) -> Vec<String> {
        let answer: Value = serde_json::from_slice(answer).unwrap();
        let messages = answer["Messages"].as_array().unwrap().iter();
        messages
            .map(|message| message["MessageId"].as_str().unwrap().to_owned())
            .collect()
    }

    #[tokio::test(start_paused = true)]
    async fn one_message_comes_twice_another_one_late_and_the_third_as_it_should() {
        let on_their_way = OnTheirWay::default();
        let answer =
            json!({"Messages": [{"MessageId": "a"}, {"MessageId": "b"}, {"MessageId": "c"}]});
        let redelivery = |seconds, is_second| {
            let after = Duration::from_secs(seconds);
            Some(Redelivery { after, is_second })
        };
        let mut plan = [redelivery(2, true), redelivery(1, false), None].into_iter();

        let at_once =
            on_their_way.divert(answer.to_string().into(), || plan.next().flatten(), |_| ());
        let first = on_their_way.arrive(&poll()).await;
        let second = on_their_way.arrive(&poll()).await;

        assert_eq!(ids(&at_once), ["a", "c"]);
        assert_eq!(ids(&first), ["b"]);
        assert_eq!(ids(&second), ["a"]);
    }
}
