//! Messages in flight.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::check::{Verdict, checks, ensure_eq, refusal, refused};
use super::endpoint::Sqs;
use super::verbs::handle;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_hours(1);
const NOT_IN_FLIGHT: &str = "AWS.SimpleQueueService.MessageNotInflight";

async fn a_received_message_is_hidden_until_its_timeout_ends(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[(Name::VisibilityTimeout, "3")]).await?;
    sqs.send(&queue, "x").await?;
    sqs.receive_one(&queue).await?;

    sqs.pass(SECOND).await?;
    sqs.nothing_visible(&queue).await?;

    sqs.pass(3 * SECOND).await?;
    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn a_timeout_of_twelve_hours_is_kept_to_the_second(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    sqs.receive_for(&queue, 43_200).await?;

    sqs.pass(Duration::from_secs(12 * 3_600 - 1)).await?;
    sqs.nothing_visible(&queue).await?;

    sqs.pass(SECOND).await?;
    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn a_receive_may_have_another_timeout_than_its_queue(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[(Name::VisibilityTimeout, "900")]).await?;
    sqs.send(&queue, "x").await?;
    sqs.receive_for(&queue, 1).await?;

    sqs.pass(2 * SECOND).await?;

    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn a_receive_with_visibility_0_hides_nothing(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;

    sqs.receive_for(&queue, 0).await?;

    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn visibility_0_makes_a_message_visible_at_once(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_one(&queue).await?;

    sqs.set_visibility(&queue, &message, 0).await?;

    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn a_timeout_can_be_extended(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[(Name::VisibilityTimeout, "2")]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_one(&queue).await?;

    sqs.set_visibility(&queue, &message, 900).await?;
    sqs.pass(3 * SECOND).await?;

    sqs.nothing_visible(&queue).await
}

async fn a_new_timeout_counts_from_its_change(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_for(&queue, 900).await?;
    sqs.pass(2 * SECOND).await?;

    sqs.set_visibility(&queue, &message, 2).await?;
    sqs.nothing_visible(&queue).await?;
    sqs.pass(3 * SECOND).await?;

    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn a_new_timeout_of_the_queue_is_for_later_receives(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[(Name::VisibilityTimeout, "2")]).await?;
    sqs.send(&queue, "x").await?;
    sqs.receive_one(&queue).await?;

    sqs.client
        .set_queue_attributes()
        .queue_url(&queue)
        .attributes(Name::VisibilityTimeout, "900")
        .send()
        .await?;
    sqs.pass(3 * SECOND).await?;

    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn the_twelve_hours_count_from_the_receive(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_for(&queue, 43_200).await?;
    sqs.set_visibility(&queue, &message, 43_200).await?;

    sqs.pass(HOUR).await?;

    let request = sqs
        .client
        .change_message_visibility()
        .queue_url(&queue)
        .receipt_handle(handle(&message));
    refused(
        request.visibility_timeout(39_601).send().await,
        "InvalidParameterValue",
    )?;
    sqs.set_visibility(&queue, &message, 39_600).await?;
    sqs.pass(11 * HOUR).await?;
    sqs.receive_one(&queue).await?;
    Ok(())
}

async fn a_message_that_is_visible_again_is_not_in_flight(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_for(&queue, 1).await?;
    sqs.pass(2 * SECOND).await?;

    let request = sqs
        .client
        .change_message_visibility()
        .queue_url(&queue)
        .receipt_handle(handle(&message));
    refused(request.visibility_timeout(30).send().await, NOT_IN_FLIGHT)
}

async fn a_deleted_message_is_not_in_flight(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_one(&queue).await?;
    sqs.delete(&queue, &message).await?;

    let request = sqs
        .client
        .change_message_visibility()
        .queue_url(&queue)
        .receipt_handle(handle(&message));
    refusal(request.visibility_timeout(30).send().await)?;
    Ok(())
}

async fn a_stale_receipt_does_not_change_the_newer_receiver_s_timeout(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let stale = sqs.receive_for(&queue, 0).await?;
    sqs.receive_for(&queue, 900).await?;

    let request = sqs
        .client
        .change_message_visibility()
        .queue_url(&queue)
        .receipt_handle(handle(&stale));
    refusal(request.visibility_timeout(0).send().await)?;

    sqs.nothing_visible(&queue).await
}

async fn a_timeout_out_of_range_is_refused(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_one(&queue).await?;

    for visibility_s in [-1, 43_201] {
        let request = sqs
            .client
            .change_message_visibility()
            .queue_url(&queue)
            .receipt_handle(handle(&message));
        refused(
            request.visibility_timeout(visibility_s).send().await,
            "InvalidParameterValue",
        )?;
    }
    ensure_eq!(sqs.counts(&queue).await?, ["0", "1", "0"]);
    Ok(())
}

async fn what_is_no_receipt_handle_changes_nothing(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let request = sqs
        .client
        .change_message_visibility()
        .queue_url(&queue)
        .receipt_handle("no handle");

    refused(
        request.visibility_timeout(30).send().await,
        "ReceiptHandleIsInvalid",
    )
}

checks![
    a_received_message_is_hidden_until_its_timeout_ends,
    a_timeout_of_twelve_hours_is_kept_to_the_second,
    a_receive_may_have_another_timeout_than_its_queue,
    a_receive_with_visibility_0_hides_nothing,
    visibility_0_makes_a_message_visible_at_once,
    a_timeout_can_be_extended,
    a_new_timeout_counts_from_its_change,
    a_new_timeout_of_the_queue_is_for_later_receives,
    the_twelve_hours_count_from_the_receive,
    a_message_that_is_visible_again_is_not_in_flight,
    a_deleted_message_is_not_in_flight,
    a_stale_receipt_does_not_change_the_newer_receiver_s_timeout,
    a_timeout_out_of_range_is_refused,
    what_is_no_receipt_handle_changes_nothing,
];
