//! The SQS under test, with verbs.

#[cfg(test)]
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::{
    Message, MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry,
};
#[cfg(test)]
use local::sqs::{ManualClock, Queues};
use tokio::task::JoinHandle;

use super::check::{Stop, Verdict, ensure};

/// An endpoint and how time passes there.
pub(crate) struct Sqs {
    pub(crate) client: Client,
    pub(crate) endpoint: String,
    time: Time,
}

enum Time {
    #[cfg(test)]
    Manual(ManualClock),
    #[cfg(not(test))]
    Real,
}

/// The longest that a check waits for real time to pass.
#[cfg(not(test))]
const PATIENCE: Duration = Duration::from_secs(4);

impl Sqs {
    /// Embedded queues of its own for each test, on a clock that stands still until the test advances it.
    #[cfg(test)]
    pub(crate) async fn embedded() -> std::io::Result<Self> {
        let clock = ManualClock::starting_at(1_700_000_000_000);
        Self::over(Arc::new(Queues::new(clock.clone().into())), clock).await
    }

    /// These queues, served until the test's runtime ends.
    #[cfg(test)]
    pub(super) async fn over(queues: Arc<Queues>, clock: ManualClock) -> std::io::Result<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        tokio::spawn(local::sqs::serve(listener, queues, std::future::pending()));
        Ok(Self::to(&endpoint, clock))
    }

    /// Queues that somebody serves on this clock.
    #[cfg(test)]
    pub(super) fn to(endpoint: &str, clock: ManualClock) -> Self {
        Self {
            client: client(endpoint),
            endpoint: endpoint.to_owned(),
            time: Time::Manual(clock),
        }
    }

    /// A running SQS at some address.
    #[cfg(not(test))]
    pub(crate) fn at(endpoint: &str) -> Self {
        Self {
            client: client(endpoint),
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            time: Time::Real,
        }
    }

    /// Lets time pass; where it is real and long, the check ends here as not run.
    #[cfg_attr(
        test,
        expect(clippy::unused_async, reason = "only real time has to be waited for")
    )]
    pub(super) async fn pass(&self, time: Duration) -> Verdict {
        match &self.time {
            #[cfg(test)]
            Time::Manual(clock) => clock.advance(time),
            #[cfg(not(test))]
            Time::Real if time <= PATIENCE => tokio::time::sleep(time).await,
            #[cfg(not(test))]
            Time::Real => return Err(Stop::NotRun(format!("needs {} s to pass", time.as_secs()))),
        }
        Ok(())
    }

    /// Returns once this many polls wait at the endpoint.
    pub(super) async fn until_polling(&self, count: usize) {
        match &self.time {
            #[cfg(test)]
            Time::Manual(clock) => clock.until_sleeping(count).await,
            // Nobody says when a request has arrived elsewhere; a poll that comes late finds its message all the same.
            #[cfg(not(test))]
            Time::Real => {
                let _ = count;
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
    }

    /// Returns once a move task that was started has had time to move a message or two.
    pub(super) async fn until_moved(&self) {
        match &self.time {
            // The embedded queues are done when they answer.
            #[cfg(test)]
            Time::Manual(_) => tokio::task::yield_now().await,
            #[cfg(not(test))]
            Time::Real => tokio::time::sleep(Duration::from_secs(2)).await,
        }
    }

    /// A new queue with these attributes; its URL.
    pub(super) async fn queue(&self, attributes: &[(QueueAttributeName, &str)]) -> Verdict<String> {
        let mut request = self.client.create_queue().queue_name(new_name());
        for (name, value) in attributes {
            request = request.attributes(name.clone(), *value);
        }
        request
            .send()
            .await?
            .queue_url
            .ok_or_else(|| Stop::Failed("a queue without a URL".to_owned()))
    }

    pub(super) async fn send(&self, queue: &str, body: &str) -> Verdict {
        self.client
            .send_message()
            .queue_url(queue)
            .message_body(body)
            .send()
            .await?;
        Ok(())
    }

    /// Sends all of them in one request.
    pub(super) async fn send_batch(
        &self,
        queue: &str,
        bodies: &[&str],
    ) -> Verdict<SendMessageBatchOutput> {
        let mut request = self.client.send_message_batch().queue_url(queue);
        for (number, body) in bodies.iter().enumerate() {
            let entry = SendMessageBatchRequestEntry::builder()
                .id(format!("e{number}"))
                .message_body(*body);
            request = request.entries(entry.build()?);
        }
        Ok(request.send().await?)
    }

    /// Posts text that the SDK would not write; the answer's status and its text.
    pub(super) async fn raw(
        &self,
        operation: &str,
        text: impl Into<reqwest::Body>,
    ) -> Verdict<(u16, String)> {
        let request = reqwest::Client::new()
            .post(&self.endpoint)
            .header("x-amz-target", format!("AmazonSQS.{operation}"));
        let answer = request
            .header("content-type", "application/x-amz-json-1.0")
            .body(text)
            .send()
            .await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    }

    /// Up to ten messages that are visible now, with all that they carry.
    pub(super) async fn receive(&self, queue: &str) -> Verdict<Vec<Message>> {
        let request = self
            .client
            .receive_message()
            .queue_url(queue)
            .max_number_of_messages(10)
            .wait_time_seconds(0);
        let request = request
            .message_system_attribute_names(MessageSystemAttributeName::All)
            .message_attribute_names("All");
        Ok(request.send().await?.messages.unwrap_or_default())
    }

    /// The one message that must be visible now.
    pub(super) async fn receive_one(&self, queue: &str) -> Verdict<Message> {
        let mut messages = self.receive(queue).await?;
        ensure!(
            messages.len() == 1,
            "{} messages where there should be one",
            messages.len()
        );
        Ok(messages.remove(0))
    }

    /// The one message that must be visible now, in flight for so long.
    pub(super) async fn receive_for(&self, queue: &str, visibility_s: i32) -> Verdict<Message> {
        let request = self
            .client
            .receive_message()
            .queue_url(queue)
            .visibility_timeout(visibility_s);
        let messages = request.send().await?.messages.unwrap_or_default();
        messages
            .into_iter()
            .next()
            .ok_or_else(|| Stop::Failed("no message where there should be one".to_owned()))
    }

    pub(super) async fn nothing_visible(&self, queue: &str) -> Verdict {
        let messages = self.receive(queue).await?;
        ensure!(
            messages.is_empty(),
            "{} messages where there should be none",
            messages.len()
        );
        Ok(())
    }

    pub(super) async fn delete(&self, queue: &str, message: &Message) -> Verdict {
        self.client
            .delete_message()
            .queue_url(queue)
            .receipt_handle(handle(message))
            .send()
            .await?;
        Ok(())
    }

    pub(super) async fn set_visibility(
        &self,
        queue: &str,
        message: &Message,
        visibility_s: i32,
    ) -> Verdict {
        let request = self
            .client
            .change_message_visibility()
            .queue_url(queue)
            .receipt_handle(handle(message));
        request.visibility_timeout(visibility_s).send().await?;
        Ok(())
    }

    /// Begins a long poll for one message.
    pub(super) fn poll(&self, queue: &str, wait_s: i32) -> JoinHandle<Verdict<Vec<Message>>> {
        let request = self
            .client
            .receive_message()
            .queue_url(queue)
            .wait_time_seconds(wait_s);
        tokio::spawn(async move { Ok(request.send().await?.messages.unwrap_or_default()) })
    }

    pub(super) async fn attribute(&self, queue: &str, name: QueueAttributeName) -> Verdict<String> {
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(queue)
            .attribute_names(name.clone())
            .send()
            .await?;
        let value = answer
            .attributes
            .and_then(|mut attributes| attributes.remove(&name));
        value.ok_or_else(|| Stop::Failed(format!("no attribute {name}")))
    }

    /// Visible, in flight, delayed.
    pub(super) async fn counts(&self, queue: &str) -> Verdict<[String; 3]> {
        Ok([
            self.attribute(queue, QueueAttributeName::ApproximateNumberOfMessages)
                .await?,
            self.attribute(
                queue,
                QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
            )
            .await?,
            self.attribute(
                queue,
                QueueAttributeName::ApproximateNumberOfMessagesDelayed,
            )
            .await?,
        ])
    }
}

/// A client that doesn't try again, so that a check sees every answer.
fn client(endpoint: &str) -> Client {
    let config = aws_sdk_sqs::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .endpoint_url(endpoint);
    Client::from_conf(config.build())
}

/// A name that no queue had before, also not in an earlier run against the same endpoint.
pub(super) fn new_name() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let since_epoch = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    format!(
        "check-{}-{}",
        since_epoch.as_nanos(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    )
}

pub(super) fn handle(message: &Message) -> &str {
    message.receipt_handle().unwrap_or_default()
}

pub(super) fn body(message: &Message) -> &str {
    message.body().unwrap_or_default()
}

/// The message's system attribute, or nothing where it has none.
pub(super) fn system<'a>(message: &'a Message, name: &MessageSystemAttributeName) -> &'a str {
    let attributes = message.attributes();
    attributes
        .and_then(|attributes| attributes.get(name))
        .map_or("", String::as_str)
}
