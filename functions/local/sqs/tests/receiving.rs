//! What a receive returns, and what it may ask for.

use std::time::Duration;

use aws_sdk_sqs::types::{MessageSystemAttributeName as System, QueueAttributeName as Name};

use super::check::{Verdict, checks, ensure, ensure_eq, refusal, refused};
use super::endpoint::Sqs;
use super::verbs::system;

async fn an_empty_queue_answers_at_once_with_nothing(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    sqs.nothing_visible(&queue).await
}

async fn one_message_is_received_unless_more_are_asked_for(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "a").await?;
    sqs.send(&queue, "b").await?;

    let received = sqs
        .client
        .receive_message()
        .queue_url(&queue)
        .send()
        .await?;

    ensure_eq!(received.messages().len(), 1);
    Ok(())
}

async fn at_most_ten_messages_are_received(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    for number in 0..12 {
        sqs.send(&queue, &number.to_string()).await?;
    }

    ensure!(sqs.receive(&queue).await?.len() <= 10, "more than ten");
    for most in [-1, 0, 11] {
        let outcome = sqs
            .client
            .receive_message()
            .queue_url(&queue)
            .max_number_of_messages(most)
            .send()
            .await;
        ensure!(outcome.is_err(), "{most} was accepted");
        refusal(outcome)?;
    }
    Ok(())
}

async fn times_out_of_range_are_refused(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    for wait_s in [-1, 21] {
        let outcome = sqs
            .client
            .receive_message()
            .queue_url(&queue)
            .wait_time_seconds(wait_s)
            .send()
            .await;
        refused(outcome, "InvalidParameterValue")?;
    }
    for visibility_s in [-1, 43_201] {
        let outcome = sqs
            .client
            .receive_message()
            .queue_url(&queue)
            .visibility_timeout(visibility_s)
            .send()
            .await;
        refused(outcome, "InvalidParameterValue")?;
    }
    Ok(())
}

async fn an_unreasonable_request_leaves_the_queue_usable(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;

    for visibility_s in [i32::MIN, i32::MAX] {
        refusal(
            sqs.client
                .receive_message()
                .queue_url(&queue)
                .visibility_timeout(visibility_s)
                .send()
                .await,
        )?;
    }

    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn an_unknown_queue_has_nothing_to_receive(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let outcome = sqs
        .client
        .receive_message()
        .queue_url(format!("{queue}x"))
        .send()
        .await;

    refused(outcome, "AWS.SimpleQueueService.NonExistentQueue")
}

async fn no_system_attribute_is_returned_unasked(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;

    let message = sqs.receive_for(&queue, 30).await?;

    ensure!(
        message
            .attributes()
            .is_none_or(std::collections::HashMap::is_empty),
        "{:?}",
        message.attributes()
    );
    Ok(())
}

async fn system_attributes_tell_when_a_message_was_sent_and_received(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    sqs.pass(Duration::from_secs(2)).await?;

    let message = sqs.receive_one(&queue).await?;

    let sent_ms: u64 = system(&message, &System::SentTimestamp).parse()?;
    let received_ms: u64 = system(&message, &System::ApproximateFirstReceiveTimestamp).parse()?;
    ensure!(
        (sent_ms + 2_000..sent_ms + 30_000).contains(&received_ms),
        "sent {sent_ms}, received {received_ms}"
    );
    ensure_eq!(system(&message, &System::ApproximateReceiveCount), "1");
    ensure!(!system(&message, &System::SenderId).is_empty(), "no sender");
    Ok(())
}

async fn each_receive_is_counted_and_the_first_one_stays_the_first(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[(Name::VisibilityTimeout, "1")]).await?;
    sqs.send(&queue, "x").await?;
    let first = sqs.receive_one(&queue).await?;
    sqs.pass(Duration::from_secs(2)).await?;

    let second = sqs.receive_one(&queue).await?;

    ensure_eq!(system(&second, &System::ApproximateReceiveCount), "2");
    let time = System::ApproximateFirstReceiveTimestamp;
    ensure_eq!(system(&second, &time), system(&first, &time));
    Ok(())
}

#[expect(deprecated, reason = "older clients ask by the older name")]
async fn system_attributes_can_be_asked_for_by_the_older_name(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let request = sqs.client.receive_message().queue_url(&queue);

    let received = request
        .attribute_names(Name::from("SentTimestamp"))
        .send()
        .await?;

    let message = received.messages().first();
    ensure!(
        message.is_some_and(|message| !system(message, &System::SentTimestamp).is_empty()),
        "{message:?}"
    );
    Ok(())
}

checks![
    an_empty_queue_answers_at_once_with_nothing,
    one_message_is_received_unless_more_are_asked_for,
    at_most_ten_messages_are_received,
    times_out_of_range_are_refused,
    an_unreasonable_request_leaves_the_queue_usable,
    an_unknown_queue_has_nothing_to_receive,
    no_system_attribute_is_returned_unasked,
    system_attributes_tell_when_a_message_was_sent_and_received,
    each_receive_is_counted_and_the_first_one_stays_the_first,
    system_attributes_can_be_asked_for_by_the_older_name,
];
