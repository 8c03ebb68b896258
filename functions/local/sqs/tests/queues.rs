//! Creating, finding, listing, purging and deleting queues.

use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName as Name;

use super::check::{Verdict, checks, ensure, ensure_eq, refusal, refused};
use super::endpoint::{Sqs, new_name};

const NO_QUEUE: &str = "AWS.SimpleQueueService.NonExistentQueue";

async fn a_queue_is_found_by_its_name(sqs: &Sqs) -> Verdict {
    let name = new_name();
    let created = sqs
        .client
        .create_queue()
        .queue_name(&name)
        .send()
        .await?
        .queue_url;

    let found = sqs
        .client
        .get_queue_url()
        .queue_name(&name)
        .send()
        .await?
        .queue_url;

    ensure_eq!(found, created);
    ensure!(
        found.is_some_and(|url| url.ends_with(&format!("/{name}"))),
        "the URL doesn't end in the name"
    );
    Ok(())
}

async fn creating_a_queue_again_with_the_same_attributes_gives_the_same_url(sqs: &Sqs) -> Verdict {
    let name = new_name();
    let create = || {
        sqs.client
            .create_queue()
            .queue_name(&name)
            .attributes(Name::DelaySeconds, "7")
            .send()
    };

    let first = create().await?.queue_url;

    ensure_eq!(create().await?.queue_url, first);
    Ok(())
}

async fn creating_a_queue_again_with_another_attribute_is_refused(sqs: &Sqs) -> Verdict {
    let name = new_name();
    let create = |delay_s: &str| {
        sqs.client
            .create_queue()
            .queue_name(&name)
            .attributes(Name::DelaySeconds, delay_s)
            .send()
    };
    create("7").await?;

    refused(create("8").await, "QueueAlreadyExists")
}

async fn a_name_may_have_80_characters_and_no_more(sqs: &Sqs) -> Verdict {
    let name = format!("{:a<80}", new_name());
    sqs.client.create_queue().queue_name(&name).send().await?;

    refusal(
        sqs.client
            .create_queue()
            .queue_name(format!("{name}a"))
            .send()
            .await,
    )?;
    Ok(())
}

async fn a_name_has_only_letters_digits_hyphens_and_underscores(sqs: &Sqs) -> Verdict {
    for name in ["", "with space", "with/slash", "with.period", "größe"] {
        let outcome = sqs.client.create_queue().queue_name(name).send().await;
        ensure!(outcome.is_err(), "{name:?} was accepted");
        refusal(outcome)?;
    }
    Ok(())
}

async fn a_standard_queue_can_not_have_the_name_of_a_fifo_queue(sqs: &Sqs) -> Verdict {
    let name = format!("{}.fifo", new_name());

    refusal(sqs.client.create_queue().queue_name(name).send().await)?;
    Ok(())
}

async fn an_unknown_queue_has_no_url(sqs: &Sqs) -> Verdict {
    refused(
        sqs.client
            .get_queue_url()
            .queue_name(new_name())
            .send()
            .await,
        NO_QUEUE,
    )
}

async fn queues_are_listed_by_the_beginning_of_their_name(sqs: &Sqs) -> Verdict {
    let (ours, other) = (new_name(), new_name());
    for name in [
        format!("{ours}-a"),
        format!("{ours}-b"),
        format!("x{other}"),
    ] {
        sqs.client.create_queue().queue_name(name).send().await?;
    }

    let listed = sqs
        .client
        .list_queues()
        .queue_name_prefix(&ours)
        .send()
        .await?;

    ensure_eq!(listed.queue_urls().len(), 2);
    Ok(())
}

async fn a_list_of_queues_comes_in_pages(sqs: &Sqs) -> Verdict {
    let prefix = new_name();
    for letter in ["a", "b", "c"] {
        sqs.client
            .create_queue()
            .queue_name(format!("{prefix}-{letter}"))
            .send()
            .await?;
    }
    let page = |token: Option<String>| {
        let request = sqs
            .client
            .list_queues()
            .queue_name_prefix(&prefix)
            .max_results(2);
        request.set_next_token(token).send()
    };

    let first = page(None).await?;
    let second = page(first.next_token.clone()).await?;

    ensure_eq!(first.queue_urls().len(), 2);
    ensure!(first.next_token.is_some(), "no token for the second page");
    ensure_eq!(second.queue_urls().len(), 1);
    ensure_eq!(second.next_token, None);
    Ok(())
}

async fn a_page_has_between_1_and_1000_queues(sqs: &Sqs) -> Verdict {
    for most in [0, 1_001] {
        refusal(sqs.client.list_queues().max_results(most).send().await)?;
    }
    Ok(())
}

async fn a_deleted_queue_is_gone(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    sqs.client.delete_queue().queue_url(&queue).send().await?;

    refused(
        sqs.client
            .send_message()
            .queue_url(&queue)
            .message_body("x")
            .send()
            .await,
        NO_QUEUE,
    )
}

async fn deleting_an_unknown_queue_is_refused(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    refused(
        sqs.client
            .delete_queue()
            .queue_url(format!("{queue}x"))
            .send()
            .await,
        NO_QUEUE,
    )
}

async fn a_name_is_free_again_a_minute_after_its_queue_was_deleted(sqs: &Sqs) -> Verdict {
    let name = new_name();
    let create = || sqs.client.create_queue().queue_name(&name).send();
    let queue = create().await?.queue_url.unwrap_or_default();
    sqs.client.delete_queue().queue_url(queue).send().await?;

    refused(
        create().await,
        "AWS.SimpleQueueService.QueueDeletedRecently",
    )?;
    sqs.pass(Duration::from_mins(1)).await?;
    create().await?;
    Ok(())
}

async fn a_purge_deletes_visible_delayed_and_received_messages(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[(Name::VisibilityTimeout, "1")]).await?;
    sqs.send(&queue, "received").await?;
    sqs.receive_one(&queue).await?;
    sqs.send(&queue, "visible").await?;
    sqs.client
        .send_message()
        .queue_url(&queue)
        .message_body("delayed")
        .delay_seconds(1)
        .send()
        .await?;

    sqs.client.purge_queue().queue_url(&queue).send().await?;
    sqs.pass(Duration::from_secs(2)).await?;

    sqs.nothing_visible(&queue).await
}

async fn a_queue_is_purged_once_a_minute(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let purge = || sqs.client.purge_queue().queue_url(&queue).send();
    purge().await?;

    refused(purge().await, "AWS.SimpleQueueService.PurgeQueueInProgress")?;
    sqs.pass(Duration::from_mins(1)).await?;
    purge().await?;
    Ok(())
}

checks![
    a_queue_is_found_by_its_name,
    creating_a_queue_again_with_the_same_attributes_gives_the_same_url,
    creating_a_queue_again_with_another_attribute_is_refused,
    a_name_may_have_80_characters_and_no_more,
    a_name_has_only_letters_digits_hyphens_and_underscores,
    a_standard_queue_can_not_have_the_name_of_a_fifo_queue,
    an_unknown_queue_has_no_url,
    queues_are_listed_by_the_beginning_of_their_name,
    a_list_of_queues_comes_in_pages,
    a_page_has_between_1_and_1000_queues,
    a_deleted_queue_is_gone,
    deleting_an_unknown_queue_is_refused,
    a_name_is_free_again_a_minute_after_its_queue_was_deleted,
    a_purge_deletes_visible_delayed_and_received_messages,
    a_queue_is_purged_once_a_minute,
];
