//! Batches, in which each entry succeeds or fails by itself.

use std::time::Duration;

use aws_sdk_sqs::types::{
    ChangeMessageVisibilityBatchRequestEntry as Change, DeleteMessageBatchRequestEntry as Delete,
    SendMessageBatchRequestEntry as Send,
};

use super::check::{Verdict, checks, ensure, ensure_eq, refused};
use super::endpoint::Sqs;
use super::verbs::{body, handle};

const MEBIBYTE: usize = 1_048_576;

async fn ten_messages_are_sent_at_once(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    let answer = sqs.send_batch(&queue, &["x"; 10]).await?;

    ensure_eq!(answer.successful.len(), 10);
    ensure_eq!(answer.failed.len(), 0);
    ensure!(
        answer
            .successful
            .iter()
            .any(|sent| sent.id == "e9" && !sent.message_id.is_empty()),
        "{answer:?}"
    );
    ensure_eq!(sqs.counts(&queue).await?, ["10", "0", "0"]);
    Ok(())
}

async fn each_entry_has_its_own_delay(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let entry = |id: &str| Send::builder().id(id).message_body(id);
    let request = sqs.client.send_message_batch().queue_url(&queue);

    request
        .entries(entry("now").build()?)
        .entries(entry("later").delay_seconds(2).build()?)
        .send()
        .await?;

    ensure_eq!(body(&sqs.receive_one(&queue).await?), "now");
    sqs.pass(Duration::from_secs(3)).await?;
    ensure_eq!(body(&sqs.receive_one(&queue).await?), "later");
    Ok(())
}

async fn a_bad_message_does_not_fail_the_others(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    let answer = sqs
        .send_batch(&queue, &["good", "b\u{0}d", "good too"])
        .await?;

    ensure_eq!(answer.successful.len(), 2);
    ensure_eq!(answer.failed.len(), 1);
    let failed = &answer.failed[0];
    ensure!(
        failed.id == "e1" && failed.sender_fault && failed.code == "InvalidMessageContents",
        "{failed:?}"
    );
    ensure_eq!(sqs.counts(&queue).await?, ["2", "0", "0"]);
    Ok(())
}

async fn a_bad_delay_does_not_fail_the_others(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let entry = |id: &str| Send::builder().id(id).message_body(id);
    let request = sqs.client.send_message_batch().queue_url(&queue);

    let answer = request
        .entries(entry("good").build()?)
        .entries(entry("bad").delay_seconds(901).build()?)
        .send()
        .await?;

    ensure_eq!((answer.successful.len(), answer.failed.len()), (1, 1));
    ensure_eq!(answer.failed[0].id, "bad");
    Ok(())
}

async fn a_batch_has_one_to_ten_entries(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let send = |count: usize| {
        let entry = |number: usize| {
            Send::builder()
                .id(format!("e{number}"))
                .message_body("x")
                .build()
        };
        let entries: Result<Vec<_>, _> = (0..count).map(entry).collect();
        let request = sqs.client.send_message_batch().queue_url(&queue);
        async { Ok::<_, super::check::Stop>(request.set_entries(Some(entries?)).send().await) }
    };

    refused(send(0).await?, "AWS.SimpleQueueService.EmptyBatchRequest")?;
    refused(
        send(11).await?,
        "AWS.SimpleQueueService.TooManyEntriesInBatchRequest",
    )
}

async fn the_ids_of_a_batch_are_distinct(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let entry = || Send::builder().id("same").message_body("x").build();

    let outcome = sqs
        .client
        .send_message_batch()
        .queue_url(&queue)
        .entries(entry()?)
        .entries(entry()?)
        .send()
        .await;

    refused(outcome, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct")
}

async fn an_id_is_a_word_of_up_to_80_characters(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    for id in ["with space", "with.period", &"x".repeat(81)] {
        let entry = Send::builder().id(id).message_body("x").build()?;
        let outcome = sqs
            .client
            .send_message_batch()
            .queue_url(&queue)
            .entries(entry)
            .send()
            .await;
        refused(outcome, "AWS.SimpleQueueService.InvalidBatchEntryId")?;
    }
    Ok(())
}

async fn a_batch_of_exactly_one_mebibyte_is_accepted(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let half = "x".repeat(MEBIBYTE / 2);

    ensure_eq!(
        sqs.send_batch(&queue, &[&half, &half])
            .await?
            .successful
            .len(),
        2
    );
    Ok(())
}

async fn a_batch_of_one_byte_more_is_refused_as_a_whole(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let entry = |id: &str, size: usize| {
        Send::builder()
            .id(id)
            .message_body("x".repeat(size))
            .build()
    };
    let request = sqs.client.send_message_batch().queue_url(&queue);
    let request = request
        .entries(entry("a", MEBIBYTE / 2)?)
        .entries(entry("b", MEBIBYTE / 2 + 1)?);

    refused(
        request.send().await,
        "AWS.SimpleQueueService.BatchRequestTooLong",
    )?;
    sqs.nothing_visible(&queue).await
}

async fn a_batch_deletes_what_it_can(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    let message = sqs.receive_one(&queue).await?;
    let entry = |id: &str, handle: &str| Delete::builder().id(id).receipt_handle(handle).build();
    let request = sqs.client.delete_message_batch().queue_url(&queue);

    let answer = request
        .entries(entry("good", handle(&message))?)
        .entries(entry("bad", "no handle")?)
        .send()
        .await?;

    ensure_eq!((answer.successful.len(), answer.failed.len()), (1, 1));
    ensure_eq!(answer.failed[0].code, "ReceiptHandleIsInvalid");
    ensure_eq!(sqs.counts(&queue).await?, ["0", "0", "0"]);
    Ok(())
}

async fn a_batch_changes_the_visibility_that_it_can(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send_batch(&queue, &["a", "b"]).await?;
    let messages = sqs.receive(&queue).await?;
    ensure_eq!(messages.len(), 2);
    let entry = |id: &str, handle: &str, timeout_s| {
        Change::builder()
            .id(id)
            .receipt_handle(handle)
            .visibility_timeout(timeout_s)
            .build()
    };
    let request = sqs
        .client
        .change_message_visibility_batch()
        .queue_url(&queue);
    let request = request
        .entries(entry("good", handle(&messages[0]), 0)?)
        .entries(entry("bad", handle(&messages[1]), 43_201)?);

    let answer = request
        .entries(entry("none", "no handle", 0)?)
        .send()
        .await?;

    ensure_eq!((answer.successful.len(), answer.failed.len()), (1, 2));
    ensure_eq!(sqs.counts(&queue).await?, ["1", "1", "0"]);
    Ok(())
}

async fn an_empty_batch_of_receipts_is_refused(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let delete = sqs
        .client
        .delete_message_batch()
        .queue_url(&queue)
        .set_entries(Some(vec![]));
    let change = sqs
        .client
        .change_message_visibility_batch()
        .queue_url(&queue)
        .set_entries(Some(vec![]));

    refused(
        delete.send().await,
        "AWS.SimpleQueueService.EmptyBatchRequest",
    )?;
    refused(
        change.send().await,
        "AWS.SimpleQueueService.EmptyBatchRequest",
    )
}

checks![
    ten_messages_are_sent_at_once,
    each_entry_has_its_own_delay,
    a_bad_message_does_not_fail_the_others,
    a_bad_delay_does_not_fail_the_others,
    a_batch_has_one_to_ten_entries,
    the_ids_of_a_batch_are_distinct,
    an_id_is_a_word_of_up_to_80_characters,
    a_batch_of_exactly_one_mebibyte_is_accepted,
    a_batch_of_one_byte_more_is_refused_as_a_whole,
    a_batch_deletes_what_it_can,
    a_batch_changes_the_visibility_that_it_can,
    an_empty_batch_of_receipts_is_refused,
];
