//! What a check does with the SQS under test, in a word each.

use aws_sdk_sqs::operation::send_message_batch::SendMessageBatchOutput;
use aws_sdk_sqs::types::{
    Message, MessageSystemAttributeName, QueueAttributeName, SendMessageBatchRequestEntry,
};
use tokio::task::JoinHandle;

use super::check::{Stop, Verdict, ensure};
use super::endpoint::{Sqs, new_name};

impl Sqs {
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

    /// The one message that must be visible now, in flight for this long.
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
