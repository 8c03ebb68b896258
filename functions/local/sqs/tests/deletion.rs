//! Deleting messages by their receipts.

use std::time::Duration;

use super::check::{Verdict, checks, ensure, ensure_eq, refused};
use super::endpoint::Sqs;
use super::verbs::handle;

const PAST_TIMEOUT: Duration = Duration::from_secs(2);

async fn a_deleted_message_does_not_come_back(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_for(&queue, 1).await?;

    sqs.delete(&queue, &message).await?;
    sqs.pass(PAST_TIMEOUT).await?;

    sqs.nothing_visible(&queue).await
}

async fn deleting_twice_is_no_error(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_one(&queue).await?;

    sqs.delete(&queue, &message).await?;
    sqs.delete(&queue, &message).await
}

async fn the_last_receipt_deletes_even_after_its_timeout(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_for(&queue, 1).await?;
    sqs.pass(PAST_TIMEOUT).await?;

    sqs.delete(&queue, &message).await?;

    sqs.nothing_visible(&queue).await
}

async fn a_stale_receipt_succeeds_and_deletes_nothing(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let stale = sqs.receive_for(&queue, 0).await?;
    let newer = sqs.receive_for(&queue, 1).await?;

    sqs.delete(&queue, &stale).await?;

    ensure_eq!(sqs.counts(&queue).await?, ["0", "1", "0"]);
    sqs.delete(&queue, &newer).await?;
    ensure_eq!(sqs.counts(&queue).await?, ["0", "0", "0"]);
    Ok(())
}

async fn what_is_no_receipt_handle_deletes_nothing(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_one(&queue).await?;

    for wrong in ["no handle", &format!("{}-0", handle(&message))] {
        let request = sqs.client.delete_message().queue_url(&queue);
        let outcome = request.receipt_handle(wrong).send().await;
        ensure!(outcome.is_err(), "{wrong:?} was accepted");
        refused(outcome, "ReceiptHandleIsInvalid")?;
    }
    ensure_eq!(sqs.counts(&queue).await?, ["0", "1", "0"]);
    Ok(())
}

async fn another_queue_s_receipt_deletes_nothing(sqs: &Sqs) -> Verdict {
    let (queue, other) = (sqs.queue(&[]).await?, sqs.queue(&[]).await?);
    sqs.send(&queue, "x").await?;
    sqs.send(&other, "y").await?;
    let message = sqs.receive_one(&queue).await?;
    sqs.receive_one(&other).await?;

    let outcome = sqs.delete(&other, &message).await;

    // Refused or ignored, the message of either queue is still there.
    drop(outcome);
    ensure_eq!(sqs.counts(&queue).await?, ["0", "1", "0"]);
    ensure_eq!(sqs.counts(&other).await?, ["0", "1", "0"]);
    Ok(())
}

checks![
    a_deleted_message_does_not_come_back,
    deleting_twice_is_no_error,
    the_last_receipt_deletes_even_after_its_timeout,
    a_stale_receipt_succeeds_and_deletes_nothing,
    what_is_no_receipt_handle_deletes_nothing,
    another_queue_s_receipt_deletes_nothing,
];
