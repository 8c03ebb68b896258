//! Message groups on a standard queue. AWS does not publish the rule by which a fair queue orders them, so no check
//! covers it.

use aws_sdk_sqs::types::MessageSystemAttributeName as System;

use super::check::{Verdict, checks, ensure, ensure_eq, refusal};
use super::endpoint::Sqs;
use super::verbs::system;

async fn send_as(sqs: &Sqs, queue: &str, tenant: &str) -> Verdict {
    sqs.client
        .send_message()
        .queue_url(queue)
        .message_body(tenant)
        .message_group_id(tenant)
        .send()
        .await?;
    Ok(())
}

async fn a_message_on_a_standard_queue_may_have_a_group(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    send_as(sqs, &queue, "tenant-1").await?;

    let message = sqs.receive_one(&queue).await?;

    ensure_eq!(system(&message, &System::MessageGroupId), "tenant-1");
    Ok(())
}

async fn messages_of_one_group_are_received_side_by_side(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    for _ in 0..3 {
        send_as(sqs, &queue, "tenant-1").await?;
    }

    ensure_eq!(sqs.receive(&queue).await?.len(), 3);
    Ok(())
}

async fn a_group_is_up_to_128_letters_digits_and_punctuation(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    send_as(sqs, &queue, &"!".repeat(128)).await?;
    for wrong in ["with space", "ü", &"x".repeat(129)] {
        let outcome = sqs
            .client
            .send_message()
            .queue_url(&queue)
            .message_body("x")
            .message_group_id(wrong)
            .send()
            .await;
        ensure!(outcome.is_err(), "{wrong:?} was accepted");
        refusal(outcome)?;
    }
    Ok(())
}

checks![
    a_message_on_a_standard_queue_may_have_a_group,
    messages_of_one_group_are_received_side_by_side,
    a_group_is_up_to_128_letters_digits_and_punctuation,
];
