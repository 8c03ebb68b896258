//! Reading and setting a queue's attributes.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::check::{Verdict, checks, ensure, ensure_eq, refusal, refused};
use super::endpoint::Sqs;

async fn a_new_queue_has_the_documented_defaults(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    ensure_eq!(sqs.attribute(&queue, Name::DelaySeconds).await?, "0");
    ensure_eq!(
        sqs.attribute(&queue, Name::MaximumMessageSize).await?,
        "1048576"
    );
    ensure_eq!(
        sqs.attribute(&queue, Name::MessageRetentionPeriod).await?,
        "345600"
    );
    ensure_eq!(
        sqs.attribute(&queue, Name::ReceiveMessageWaitTimeSeconds)
            .await?,
        "0"
    );
    ensure_eq!(sqs.attribute(&queue, Name::VisibilityTimeout).await?, "30");
    Ok(())
}

async fn attributes_that_are_set_are_read_back(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let wanted = [
        (Name::DelaySeconds, "900"),
        (Name::MessageRetentionPeriod, "1209600"),
        (Name::VisibilityTimeout, "43200"),
    ];

    for (name, value) in wanted.clone() {
        sqs.client
            .set_queue_attributes()
            .queue_url(&queue)
            .attributes(name, value)
            .send()
            .await?;
    }

    for (name, value) in wanted {
        ensure_eq!(sqs.attribute(&queue, name).await?, value);
    }
    Ok(())
}

async fn only_the_attributes_asked_for_are_returned(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let request = sqs.client.get_queue_attributes().queue_url(&queue);

    let answer = request
        .attribute_names(Name::DelaySeconds)
        .attribute_names(Name::QueueArn)
        .send()
        .await?;

    ensure_eq!(answer.attributes.unwrap_or_default().len(), 2);
    Ok(())
}

async fn all_attributes_can_be_asked_for_at_once(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    let answer = sqs
        .client
        .get_queue_attributes()
        .queue_url(&queue)
        .attribute_names(Name::All)
        .send()
        .await?;

    let attributes = answer.attributes.unwrap_or_default();
    for name in [
        Name::QueueArn,
        Name::CreatedTimestamp,
        Name::VisibilityTimeout,
        Name::ApproximateNumberOfMessages,
    ] {
        ensure!(attributes.contains_key(&name), "{name} is missing");
    }
    Ok(())
}

async fn an_unknown_attribute_is_neither_read_nor_set(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let unknown = || Name::from("Colour");

    refused(
        sqs.client
            .get_queue_attributes()
            .queue_url(&queue)
            .attribute_names(unknown())
            .send()
            .await,
        "InvalidAttributeName",
    )?;
    refused(
        sqs.client
            .set_queue_attributes()
            .queue_url(&queue)
            .attributes(unknown(), "red")
            .send()
            .await,
        "InvalidAttributeName",
    )
}

async fn a_value_out_of_its_range_is_refused(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let wrong = [
        (Name::DelaySeconds, ["-1", "901", "soon"]),
        (Name::MaximumMessageSize, ["1023", "1048577", ""]),
        (Name::MessageRetentionPeriod, ["59", "1209601", "1.5"]),
        (Name::ReceiveMessageWaitTimeSeconds, ["-1", "21", "1.5"]),
        (Name::VisibilityTimeout, ["-1", "43201", ""]),
    ];
    for (name, values) in wrong {
        for value in values {
            let outcome = sqs
                .client
                .set_queue_attributes()
                .queue_url(&queue)
                .attributes(name.clone(), value)
                .send()
                .await;
            ensure!(outcome.is_err(), "{name} = {value:?} was accepted");
            refused(outcome, "InvalidAttributeValue")?;
        }
    }
    Ok(())
}

async fn a_refused_change_changes_nothing(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let request = sqs.client.set_queue_attributes().queue_url(&queue);

    refusal(
        request
            .attributes(Name::DelaySeconds, "5")
            .attributes(Name::VisibilityTimeout, "-5")
            .send()
            .await,
    )?;

    ensure_eq!(sqs.attribute(&queue, Name::DelaySeconds).await?, "0");
    Ok(())
}

async fn the_arn_ends_in_the_name(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    let arn = sqs.attribute(&queue, Name::QueueArn).await?;

    let name = queue.rsplit('/').next().unwrap_or_default();
    ensure!(
        arn.starts_with("arn:aws:sqs:us-east-1:") && arn.ends_with(&format!(":{name}")),
        "the ARN is {arn}"
    );
    Ok(())
}

async fn the_three_counts_follow_a_message(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[(Name::DelaySeconds, "2")]).await?;
    sqs.send(&queue, "x").await?;
    ensure_eq!(sqs.counts(&queue).await?, ["0", "0", "1"]);

    sqs.pass(Duration::from_secs(3)).await?;
    ensure_eq!(sqs.counts(&queue).await?, ["1", "0", "0"]);

    let message = sqs.receive_one(&queue).await?;
    ensure_eq!(sqs.counts(&queue).await?, ["0", "1", "0"]);

    sqs.delete(&queue, &message).await?;
    ensure_eq!(sqs.counts(&queue).await?, ["0", "0", "0"]);
    Ok(())
}

async fn the_time_of_the_last_change_is_told_in_seconds(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let created_s: u64 = sqs
        .attribute(&queue, Name::CreatedTimestamp)
        .await?
        .parse()?;
    sqs.pass(Duration::from_secs(2)).await?;

    sqs.client
        .set_queue_attributes()
        .queue_url(&queue)
        .attributes(Name::DelaySeconds, "1")
        .send()
        .await?;

    let modified_s: u64 = sqs
        .attribute(&queue, Name::LastModifiedTimestamp)
        .await?
        .parse()?;
    ensure!(
        (created_s + 2..created_s + 30).contains(&modified_s),
        "created {created_s}, modified {modified_s}"
    );
    Ok(())
}

checks![
    a_new_queue_has_the_documented_defaults,
    attributes_that_are_set_are_read_back,
    only_the_attributes_asked_for_are_returned,
    all_attributes_can_be_asked_for_at_once,
    an_unknown_attribute_is_neither_read_nor_set,
    a_value_out_of_its_range_is_refused,
    a_refused_change_changes_nothing,
    the_arn_ends_in_the_name,
    the_three_counts_follow_a_message,
    the_time_of_the_last_change_is_told_in_seconds,
];
