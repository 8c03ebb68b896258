//! Redrive: moving dead letters back.

use std::time::Duration;

use aws_sdk_sqs::types::{MessageSystemAttributeName as System, QueueAttributeName as Name};

use super::check::{Stop, Verdict, checks, ensure, ensure_eq, refusal, refused};
use super::endpoint::Sqs;
use super::redrive::{give_up, queue_and_dead_letters};
use super::verbs::{body, system};

/// A queue with one message given up, its dead-letter queue and that one's ARN.
async fn dead_letter(sqs: &Sqs) -> Verdict<(String, String, String)> {
    let (queue, dead) = queue_and_dead_letters(sqs).await?;
    sqs.send(&queue, "x").await?;
    give_up(sqs, &queue).await?;
    let arn = sqs.attribute(&dead, Name::QueueArn).await?;
    Ok((queue, dead, arn))
}

async fn a_dead_letter_goes_back_to_where_it_came_from(sqs: &Sqs) -> Verdict {
    let (queue, dead, arn) = dead_letter(sqs).await?;

    sqs.client
        .start_message_move_task()
        .source_arn(arn)
        .send()
        .await?;

    let messages = sqs.poll(&queue, 2).await??;
    ensure_eq!(messages.iter().map(body).collect::<Vec<_>>(), ["x"]);
    sqs.nothing_visible(&dead).await
}

async fn a_dead_letter_goes_to_the_destination_asked_for(sqs: &Sqs) -> Verdict {
    let (_, _, arn) = dead_letter(sqs).await?;
    let other = sqs.queue(&[]).await?;
    let destination = sqs.attribute(&other, Name::QueueArn).await?;

    sqs.client
        .start_message_move_task()
        .source_arn(arn)
        .destination_arn(destination)
        .send()
        .await?;

    let messages = sqs.poll(&other, 2).await??;
    ensure_eq!(messages.iter().map(body).collect::<Vec<_>>(), ["x"]);
    Ok(())
}

async fn a_message_that_was_moved_back_is_a_new_one(sqs: &Sqs) -> Verdict {
    let (queue, dead, arn) = dead_letter(sqs).await?;
    let old = sqs.receive(&dead).await?.remove(0);
    sqs.set_visibility(&dead, &old, 0).await?;
    sqs.pass(Duration::from_secs(1)).await?;

    sqs.client
        .start_message_move_task()
        .source_arn(arn)
        .send()
        .await?;
    sqs.until_moved().await;

    let new = sqs.receive_one(&queue).await?;
    ensure!(new.message_id != old.message_id, "it has the old id");
    ensure_eq!(system(&new, &System::ApproximateReceiveCount), "1");
    ensure!(
        system(&new, &System::SentTimestamp) > system(&old, &System::SentTimestamp),
        "it has the old age"
    );
    Ok(())
}

async fn a_task_is_listed_with_what_it_moved(sqs: &Sqs) -> Verdict {
    let (_, _, arn) = dead_letter(sqs).await?;
    sqs.client
        .start_message_move_task()
        .source_arn(&arn)
        .send()
        .await?;
    sqs.until_moved().await;

    let listed = sqs
        .client
        .list_message_move_tasks()
        .source_arn(&arn)
        .send()
        .await?;

    let task = listed
        .results()
        .first()
        .ok_or_else(|| Stop::Failed("no task".to_owned()))?;
    ensure_eq!(task.status(), Some("COMPLETED"));
    ensure_eq!(task.approximate_number_of_messages_moved(), 1);
    ensure_eq!(task.source_arn(), Some(arn.as_str()));
    Ok(())
}

async fn only_a_dead_letter_queue_can_be_redriven(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let arn = sqs.attribute(&queue, Name::QueueArn).await?;

    refusal(
        sqs.client
            .start_message_move_task()
            .source_arn(arn)
            .send()
            .await,
    )?;
    Ok(())
}

async fn an_unknown_queue_can_not_be_redriven(sqs: &Sqs) -> Verdict {
    let (_, _, arn) = dead_letter(sqs).await?;
    let unknown = format!("{arn}x");

    refused(
        sqs.client
            .start_message_move_task()
            .source_arn(&unknown)
            .send()
            .await,
        "ResourceNotFoundException",
    )?;
    refused(
        sqs.client
            .start_message_move_task()
            .source_arn(arn)
            .destination_arn(&unknown)
            .send()
            .await,
        "ResourceNotFoundException",
    )?;
    refused(
        sqs.client
            .list_message_move_tasks()
            .source_arn(unknown)
            .send()
            .await,
        "ResourceNotFoundException",
    )
}

async fn a_rate_out_of_range_is_refused(sqs: &Sqs) -> Verdict {
    let (_, _, arn) = dead_letter(sqs).await?;
    for rate in [-1, 0, 501] {
        let request = sqs
            .client
            .start_message_move_task()
            .source_arn(&arn)
            .max_number_of_messages_per_second(rate);
        refusal(request.send().await)?;
    }
    Ok(())
}

checks![
    a_dead_letter_goes_back_to_where_it_came_from,
    a_dead_letter_goes_to_the_destination_asked_for,
    a_message_that_was_moved_back_is_a_new_one,
    a_task_is_listed_with_what_it_moved,
    only_a_dead_letter_queue_can_be_redriven,
    an_unknown_queue_can_not_be_redriven,
    a_rate_out_of_range_is_refused,
];
