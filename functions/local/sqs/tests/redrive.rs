//! Dead-letter queues: giving a message up after too many receives.

use std::time::Duration;

use aws_sdk_sqs::types::{MessageSystemAttributeName as System, QueueAttributeName as Name};

use super::check::{Verdict, checks, ensure, ensure_eq, refusal};
use super::endpoint::Sqs;
use super::verbs::{body, system};

/// A queue that gives up after one receive, and its dead-letter queue.
pub(super) async fn queue_and_dead_letters(sqs: &Sqs) -> Verdict<(String, String)> {
    let dead = sqs.queue(&[]).await?;
    let arn = sqs.attribute(&dead, Name::QueueArn).await?;
    let queue = sqs
        .queue(&[
            (Name::RedrivePolicy, &policy(&arn, "1")),
            (Name::VisibilityTimeout, "1"),
        ])
        .await?;
    Ok((queue, dead))
}

/// Lets the queue give its one message up.
pub(super) async fn give_up(sqs: &Sqs, queue: &str) -> Verdict {
    sqs.receive_for(queue, 0).await?;
    sqs.nothing_visible(queue).await
}

fn policy(arn: &str, count: &str) -> String {
    format!(r#"{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{count}}}"#)
}

async fn a_message_received_too_often_goes_to_the_dead_letter_queue(sqs: &Sqs) -> Verdict {
    let (queue, dead) = queue_and_dead_letters(sqs).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_for(&queue, 0).await?;

    sqs.nothing_visible(&queue).await?;

    let given_up = sqs.receive_one(&dead).await?;
    ensure_eq!(body(&given_up), "x");
    ensure_eq!(given_up.message_id, message.message_id);
    ensure_eq!(sqs.counts(&queue).await?, ["0", "0", "0"]);
    Ok(())
}

async fn the_count_may_be_a_number_or_a_string(sqs: &Sqs) -> Verdict {
    let dead = sqs.queue(&[]).await?;
    let arn = sqs.attribute(&dead, Name::QueueArn).await?;
    for count in ["2", "\"2\""] {
        let queue = sqs
            .queue(&[(Name::RedrivePolicy, &policy(&arn, count))])
            .await?;
        sqs.send(&queue, "x").await?;
        sqs.receive_for(&queue, 0).await?;
        sqs.receive_for(&queue, 0).await?;
        sqs.nothing_visible(&queue).await?;
        sqs.receive_one(&dead).await?;
    }
    Ok(())
}

async fn a_poll_that_waits_at_the_dead_letter_queue_gets_the_message(sqs: &Sqs) -> Verdict {
    let (queue, dead) = queue_and_dead_letters(sqs).await?;
    sqs.send(&queue, "x").await?;
    let poll = sqs.poll(&dead, 20);
    sqs.until_polling(1).await;

    give_up(sqs, &queue).await?;

    let messages = tokio::time::timeout(Duration::from_secs(1), poll).await???;
    ensure_eq!(messages.len(), 1);
    Ok(())
}

async fn a_waiting_poll_gives_a_message_up_when_its_timeout_ends(sqs: &Sqs) -> Verdict {
    let (queue, dead) = queue_and_dead_letters(sqs).await?;
    sqs.send(&queue, "x").await?;
    sqs.receive_for(&queue, 2).await?;
    let poll = sqs.poll(&queue, 3);
    sqs.until_polling(1).await;

    sqs.pass(Duration::from_secs(2)).await?;
    sqs.until_polling(1).await;
    sqs.pass(Duration::from_secs(1)).await?;

    ensure_eq!(poll.await??.len(), 0);
    sqs.receive_one(&dead).await?;
    Ok(())
}

async fn a_dead_letter_tells_where_it_comes_from(sqs: &Sqs) -> Verdict {
    let (queue, dead) = queue_and_dead_letters(sqs).await?;
    sqs.send(&queue, "x").await?;
    give_up(sqs, &queue).await?;

    let message = sqs.receive_one(&dead).await?;

    let arn = sqs.attribute(&queue, Name::QueueArn).await?;
    ensure_eq!(system(&message, &System::DeadLetterQueueSourceArn), arn);
    Ok(())
}

async fn a_dead_letter_is_as_old_as_it_was(sqs: &Sqs) -> Verdict {
    let (queue, dead) = queue_and_dead_letters(sqs).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive(&queue).await?.remove(0);
    sqs.pass(Duration::from_secs(2)).await?;
    sqs.nothing_visible(&queue).await?;

    let given_up = sqs.receive_one(&dead).await?;

    ensure_eq!(
        system(&given_up, &System::SentTimestamp),
        system(&message, &System::SentTimestamp)
    );
    Ok(())
}

async fn a_message_stays_when_its_dead_letter_queue_is_gone(sqs: &Sqs) -> Verdict {
    let (queue, dead) = queue_and_dead_letters(sqs).await?;
    sqs.send(&queue, "x").await?;
    sqs.client.delete_queue().queue_url(dead).send().await?;
    sqs.receive_for(&queue, 0).await?;

    ensure_eq!(body(&sqs.receive_one(&queue).await?), "x");
    Ok(())
}

async fn an_unknown_dead_letter_queue_is_refused(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let arn = sqs.attribute(&queue, Name::QueueArn).await?;
    let request = sqs.client.set_queue_attributes().queue_url(&queue);

    refusal(
        request
            .attributes(Name::RedrivePolicy, policy(&format!("{arn}x"), "1"))
            .send()
            .await,
    )?;
    Ok(())
}

async fn a_count_out_of_range_is_refused(sqs: &Sqs) -> Verdict {
    let (queue, dead) = (sqs.queue(&[]).await?, sqs.queue(&[]).await?);
    let arn = sqs.attribute(&dead, Name::QueueArn).await?;
    for wrong in [
        policy(&arn, "0"),
        policy(&arn, "1001"),
        policy(&arn, "-1"),
        policy(&arn, "\"x\""),
        "{}".to_owned(),
        "x".to_owned(),
    ] {
        let outcome = sqs
            .client
            .set_queue_attributes()
            .queue_url(&queue)
            .attributes(Name::RedrivePolicy, &wrong)
            .send()
            .await;
        ensure!(outcome.is_err(), "{wrong} was accepted");
        refusal(outcome)?;
    }
    Ok(())
}

async fn an_empty_policy_ends_the_giving_up(sqs: &Sqs) -> Verdict {
    let (queue, _) = queue_and_dead_letters(sqs).await?;
    sqs.send(&queue, "x").await?;

    sqs.client
        .set_queue_attributes()
        .queue_url(&queue)
        .attributes(Name::RedrivePolicy, "")
        .send()
        .await?;

    sqs.receive_for(&queue, 0).await?;
    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn a_dead_letter_queue_knows_its_sources(sqs: &Sqs) -> Verdict {
    let (queue, dead) = queue_and_dead_letters(sqs).await?;

    let listed = sqs
        .client
        .list_dead_letter_source_queues()
        .queue_url(&dead)
        .send()
        .await?;

    ensure_eq!(listed.queue_urls(), std::slice::from_ref(&queue));
    let none = sqs
        .client
        .list_dead_letter_source_queues()
        .queue_url(&queue)
        .send()
        .await?;
    ensure_eq!(none.queue_urls().len(), 0);
    Ok(())
}

checks![
    a_message_received_too_often_goes_to_the_dead_letter_queue,
    the_count_may_be_a_number_or_a_string,
    a_poll_that_waits_at_the_dead_letter_queue_gets_the_message,
    a_waiting_poll_gives_a_message_up_when_its_timeout_ends,
    a_dead_letter_tells_where_it_comes_from,
    a_dead_letter_is_as_old_as_it_was,
    a_message_stays_when_its_dead_letter_queue_is_gone,
    an_unknown_dead_letter_queue_is_refused,
    a_count_out_of_range_is_refused,
    an_empty_policy_ends_the_giving_up,
    a_dead_letter_queue_knows_its_sources,
];
