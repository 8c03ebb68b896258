//! Messages that become visible later.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::check::{Verdict, checks, ensure_eq, refused};
use super::endpoint::Sqs;
use super::verbs::body;

const SECOND: Duration = Duration::from_secs(1);

async fn send_later(sqs: &Sqs, queue: &str, delay_s: i32) -> Verdict {
    sqs.client
        .send_message()
        .queue_url(queue)
        .message_body("later")
        .delay_seconds(delay_s)
        .send()
        .await?;
    Ok(())
}

async fn a_delayed_message_is_visible_after_its_delay_and_not_before(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    send_later(sqs, &queue, 3).await?;

    sqs.pass(SECOND).await?;
    sqs.nothing_visible(&queue).await?;

    sqs.pass(3 * SECOND).await?;
    ensure_eq!(body(&sqs.receive_one(&queue).await?), "later");
    Ok(())
}

async fn a_delay_of_fifteen_minutes_is_kept_to_the_second(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    send_later(sqs, &queue, 900).await?;

    sqs.pass(899 * SECOND).await?;
    sqs.nothing_visible(&queue).await?;

    sqs.pass(SECOND).await?;
    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn a_queue_delays_every_message_that_has_no_delay_of_its_own(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[(Name::DelaySeconds, "2")]).await?;
    sqs.send(&queue, "queue's delay").await?;
    send_later(sqs, &queue, 0).await?;

    ensure_eq!(body(&sqs.receive_one(&queue).await?), "later");
    sqs.pass(3 * SECOND).await?;
    ensure_eq!(body(&sqs.receive_one(&queue).await?), "queue's delay");
    Ok(())
}

async fn a_new_delay_is_not_for_messages_that_are_already_there(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[(Name::DelaySeconds, "2")]).await?;
    sqs.send(&queue, "x").await?;

    sqs.client
        .set_queue_attributes()
        .queue_url(&queue)
        .attributes(Name::DelaySeconds, "900")
        .send()
        .await?;
    sqs.pass(3 * SECOND).await?;

    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn a_delay_out_of_range_is_refused(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    for delay_s in [-1, 901] {
        let request = sqs
            .client
            .send_message()
            .queue_url(&queue)
            .message_body("x")
            .delay_seconds(delay_s);
        refused(request.send().await, "InvalidParameterValue")?;
    }
    Ok(())
}

checks![
    a_delayed_message_is_visible_after_its_delay_and_not_before,
    a_delay_of_fifteen_minutes_is_kept_to_the_second,
    a_queue_delays_every_message_that_has_no_delay_of_its_own,
    a_new_delay_is_not_for_messages_that_are_already_there,
    a_delay_out_of_range_is_refused,
];
