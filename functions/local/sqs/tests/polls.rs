//! Long polls.

use std::collections::BTreeSet;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::check::{Verdict, checks, ensure, ensure_eq};
use super::endpoint::Sqs;
use super::verbs::body;

const SECOND: Duration = Duration::from_secs(1);

async fn a_poll_ends_as_soon_as_a_message_is_sent(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let poll = sqs.poll(&queue, 20);
    sqs.until_polling(1).await;

    sqs.send(&queue, "x").await?;

    ensure_eq!(soon(poll).await?, ["x"]);
    Ok(())
}

async fn a_poll_ends_with_nothing_when_its_time_is_over(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let poll = sqs.poll(&queue, 2);
    sqs.until_polling(1).await;
    ensure!(!poll.is_finished(), "it ended at once");

    sqs.pass(3 * SECOND).await?;

    ensure_eq!(soon(poll).await?, [""; 0]);
    Ok(())
}

async fn a_poll_lasts_twenty_seconds_and_no_less(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let poll = sqs.poll(&queue, 20);
    sqs.until_polling(1).await;

    sqs.pass(19 * SECOND).await?;
    sqs.send(&queue, "just in time").await?;

    ensure_eq!(soon(poll).await?, ["just in time"]);
    Ok(())
}

async fn a_queue_may_say_how_long_its_polls_wait(sqs: &Sqs) -> Verdict {
    let queue = sqs
        .queue(&[(Name::ReceiveMessageWaitTimeSeconds, "20")])
        .await?;
    let request = sqs.client.receive_message().queue_url(&queue);
    let poll = tokio::spawn(async move { Ok(request.send().await?.messages.unwrap_or_default()) });
    sqs.until_polling(1).await;
    ensure!(!poll.is_finished(), "it didn't wait");

    sqs.send(&queue, "x").await?;

    ensure_eq!(soon(poll).await?, ["x"]);
    Ok(())
}

async fn a_receive_may_refuse_to_wait(sqs: &Sqs) -> Verdict {
    let queue = sqs
        .queue(&[(Name::ReceiveMessageWaitTimeSeconds, "20")])
        .await?;

    ensure_eq!(soon(sqs.poll(&queue, 0)).await?, [""; 0]);
    Ok(())
}

async fn visibility_0_wakes_a_waiting_poll_at_once(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_for(&queue, 900).await?;
    let poll = sqs.poll(&queue, 20);
    sqs.until_polling(1).await;

    sqs.set_visibility(&queue, &message, 0).await?;

    ensure_eq!(soon(poll).await?, ["x"]);
    Ok(())
}

async fn a_shortened_timeout_is_known_to_a_waiting_poll(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_for(&queue, 900).await?;
    let poll = sqs.poll(&queue, 20);
    sqs.until_polling(1).await;

    sqs.set_visibility(&queue, &message, 2).await?;
    sqs.pass(2 * SECOND).await?;

    ensure_eq!(soon(poll).await?, ["x"]);
    Ok(())
}

async fn the_end_of_a_timeout_wakes_a_waiting_poll(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[(Name::VisibilityTimeout, "2")]).await?;
    let earlier = sqs.poll(&queue, 20);
    sqs.until_polling(1).await;
    sqs.send(&queue, "x").await?;
    ensure_eq!(soon(earlier).await?, ["x"]);
    let poll = sqs.poll(&queue, 20);
    sqs.until_polling(1).await;

    sqs.pass(2 * SECOND).await?;

    ensure_eq!(soon(poll).await?, ["x"]);
    Ok(())
}

async fn the_end_of_a_delay_wakes_a_poll_that_waited_before_the_message_was_sent(
    sqs: &Sqs,
) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let poll = sqs.poll(&queue, 20);
    sqs.until_polling(1).await;

    sqs.client
        .send_message()
        .queue_url(&queue)
        .message_body("x")
        .delay_seconds(2)
        .send()
        .await?;
    sqs.pass(2 * SECOND).await?;

    ensure_eq!(soon(poll).await?, ["x"]);
    Ok(())
}

async fn an_abandoned_poll_eats_no_message(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let poll = sqs.poll(&queue, 20);
    sqs.until_polling(1).await;
    poll.abort();
    sqs.until_polling(0).await;

    sqs.send(&queue, "x").await?;

    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn a_message_goes_to_the_poll_that_still_waits(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let abandoned = sqs.poll(&queue, 20);
    sqs.until_polling(1).await;
    let waiting = sqs.poll(&queue, 20);
    sqs.until_polling(2).await;
    abandoned.abort();
    sqs.until_polling(1).await;

    sqs.send(&queue, "x").await?;

    ensure_eq!(soon(waiting).await?, ["x"]);
    Ok(())
}

async fn thirty_polls_get_thirty_messages_each_once(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let polls: Vec<_> = (0..30).map(|_| sqs.poll(&queue, 20)).collect();
    sqs.until_polling(30).await;

    for number in 0..30 {
        sqs.send(&queue, &number.to_string()).await?;
    }

    let mut received = BTreeSet::new();
    for poll in polls {
        let bodies = soon(poll).await?;
        ensure_eq!(bodies.len(), 1);
        received.extend(bodies);
    }
    ensure_eq!(received.len(), 30);
    Ok(())
}

async fn a_batch_wakes_as_many_polls_as_it_has_messages(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let polls: Vec<_> = (0..3).map(|_| sqs.poll(&queue, 20)).collect();
    sqs.until_polling(3).await;

    sqs.send_batch(&queue, &["a", "b", "c"]).await?;

    let mut received = BTreeSet::new();
    for poll in polls {
        received.extend(soon(poll).await?);
    }
    ensure_eq!(received.len(), 3);
    Ok(())
}

async fn deleting_a_queue_ends_its_polls(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let poll = sqs.poll(&queue, 20);
    sqs.until_polling(1).await;

    sqs.client.delete_queue().queue_url(&queue).send().await?;

    // An error or an empty answer; what matters is that nobody waits for a queue that is gone.
    drop(tokio::time::timeout(5 * SECOND, poll).await?);
    Ok(())
}

/// The bodies that a poll brought, which must be there within a second: real time, on whatever clock the queue goes.
async fn soon(
    poll: tokio::task::JoinHandle<Verdict<Vec<aws_sdk_sqs::types::Message>>>,
) -> Verdict<Vec<String>> {
    let messages = tokio::time::timeout(SECOND, poll).await???;
    Ok(messages
        .iter()
        .map(|message| body(message).to_owned())
        .collect())
}

checks![
    a_poll_ends_as_soon_as_a_message_is_sent,
    a_poll_ends_with_nothing_when_its_time_is_over,
    a_poll_lasts_twenty_seconds_and_no_less,
    a_queue_may_say_how_long_its_polls_wait,
    a_receive_may_refuse_to_wait,
    visibility_0_wakes_a_waiting_poll_at_once,
    a_shortened_timeout_is_known_to_a_waiting_poll,
    the_end_of_a_timeout_wakes_a_waiting_poll,
    the_end_of_a_delay_wakes_a_poll_that_waited_before_the_message_was_sent,
    an_abandoned_poll_eats_no_message,
    a_message_goes_to_the_poll_that_still_waits,
    thirty_polls_get_thirty_messages_each_once,
    a_batch_wakes_as_many_polls_as_it_has_messages,
    deleting_a_queue_ends_its_polls,
];
