//! Messages that are older than the retention of their queue.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::check::{Verdict, checks, ensure_eq};
use super::endpoint::Sqs;

const SECOND: Duration = Duration::from_secs(1);

async fn a_message_is_kept_for_the_retention_period_and_no_longer(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[(Name::MessageRetentionPeriod, "60")]).await?;
    sqs.send(&queue, "x").await?;

    sqs.pass(59 * SECOND).await?;
    ensure_eq!(sqs.counts(&queue).await?, ["1", "0", "0"]);

    sqs.pass(SECOND).await?;
    sqs.nothing_visible(&queue).await
}

async fn a_message_is_kept_for_four_days_unless_its_queue_says_otherwise(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    sqs.pass(Duration::from_secs(4 * 86_400 - 1)).await?;
    sqs.receive_for(&queue, 0).await?;

    sqs.pass(SECOND).await?;

    sqs.nothing_visible(&queue).await
}

async fn a_shorter_period_is_for_messages_that_are_already_there(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    sqs.send(&queue, "x").await?;
    sqs.pass(60 * SECOND).await?;

    sqs.client
        .set_queue_attributes()
        .queue_url(&queue)
        .attributes(Name::MessageRetentionPeriod, "60")
        .send()
        .await?;

    sqs.nothing_visible(&queue).await
}

checks![
    a_message_is_kept_for_the_retention_period_and_no_longer,
    a_message_is_kept_for_four_days_unless_its_queue_says_otherwise,
    a_shorter_period_is_for_messages_that_are_already_there,
];
