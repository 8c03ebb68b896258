//! Additional and late deliveries: SQS delivers at least once and in any order.

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
    messages: Mutex<Vec<OnItsWay>>,
    /// Rung when there is another one.
    bell: Notify,
}

#[derive(Debug)]
struct OnItsWay {
    due: Instant,
    /// The URL of the queue that it comes from.
    queue: Value,
    message: Value,
}

impl OnTheirWay {
    /// Removes messages that are delivered later from a poll's answer, and copies those that are delivered again. `draw` decides for each.
    pub(super) fn divert(
        &self,
        poll: &Call,
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
            self.keep(OnItsWay {
                due: Instant::now() + redelivery.after,
                queue: poll.body["QueueUrl"].clone(),
                message: message.clone(),
            });
            redelivery.is_second
        });
        Bytes::from(read.to_string())
    }

    fn keep(&self, message: OnItsWay) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        messages.push(message);
        drop(messages);
        self.bell.notify_waiters();
    }

    /// The answer to a poll, once a message is due.
    pub(super) async fn arrive(&self, poll: &Call) -> Bytes {
        let most = poll.body["MaxNumberOfMessages"].as_u64().unwrap_or(1);
        loop {
            // Subscribes before it reads, so that it misses nothing in between.
            let rung = self.bell.notified();
            tokio::pin!(rung);
            rung.as_mut().enable();
            let (due, next) = self.take_due(poll, usize::try_from(most).unwrap_or(1));
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

    /// What is due of the queue that is polled, and when the next one is.
    fn take_due(&self, poll: &Call, most: usize) -> (Vec<Value>, Option<Instant>) {
        let mut messages = self.messages.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let (mut due, mut rest) = (Vec::new(), Vec::new());
        let is_polled = |each: &OnItsWay| each.queue == poll.body["QueueUrl"];
        for each in messages.drain(..) {
            if is_polled(&each) && each.due <= now && due.len() < most {
                due.push(each.message);
            } else {
                rest.push(each);
            }
        }
        let next = rest.iter().filter(|each| is_polled(each));
        let next = next.map(|each| each.due).min();
        *messages = rest;
        (due, next)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::http::Request;

    use super::*;

    fn poll_of(queue: &str) -> Call {
        let request = Request::post("/").body(()).unwrap();
        let body = json!({"MaxNumberOfMessages": 10, "QueueUrl": queue});
        Call::of(request.into_parts().0, body.to_string().into())
    }

    fn poll() -> Call {
        poll_of("jobs")
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

        let at_once = on_their_way.divert(
            &poll(),
            answer.to_string().into(),
            || plan.next().flatten(),
            |_| (),
        );
        let first = on_their_way.arrive(&poll()).await;
        let second = on_their_way.arrive(&poll()).await;

        assert_eq!(ids(&at_once), ["a", "c"]);
        assert_eq!(ids(&first), ["b"]);
        assert_eq!(ids(&second), ["a"]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_comes_from_its_own_queue() {
        let on_their_way = OnTheirWay::default();
        let answer = json!({"Messages": [{"MessageId": "a"}]}).to_string();
        let late = || {
            let after = Duration::from_secs(1);
            let is_second = false;
            Some(Redelivery { after, is_second })
        };
        on_their_way.divert(&poll(), answer.into(), late, |_| ());

        let other = poll_of("callbacks");
        let other = tokio::time::timeout(Duration::from_secs(60), on_their_way.arrive(&other));
        assert!(other.await.is_err());
        assert_eq!(ids(&on_their_way.arrive(&poll()).await), ["a"]);
    }
}
