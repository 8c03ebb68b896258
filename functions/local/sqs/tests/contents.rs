//! Bodies: sizes, characters, digests.

use aws_sdk_sqs::types::{
    MessageSystemAttributeName as System, MessageSystemAttributeNameForSends as SystemForSends,
    MessageSystemAttributeValue as SystemValue, QueueAttributeName as Name,
};

use super::check::{Verdict, checks, ensure, ensure_eq, refusal, refused};
use super::endpoint::Sqs;
use super::verbs::{body, system};

const MEBIBYTE: usize = 1_048_576;
const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

async fn a_message_arrives_as_it_was_sent(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let text = "{\"a\": [1, \"\\\\\"]}\t<b>&amp;</b>\r\n'x'";

    let sent = sqs
        .client
        .send_message()
        .queue_url(&queue)
        .message_body(text)
        .send()
        .await?;

    let message = sqs.receive_one(&queue).await?;
    ensure_eq!(body(&message), text);
    ensure_eq!(message.message_id, sent.message_id);
    Ok(())
}

async fn the_digest_of_a_body_is_its_md5(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    let sent = sqs
        .client
        .send_message()
        .queue_url(&queue)
        .message_body("hello world")
        .send()
        .await?;

    let received = sqs.receive_one(&queue).await?;
    for digest in [sent.md5_of_message_body, received.md5_of_body] {
        ensure_eq!(digest.as_deref(), Some("5eb63bbbe01eeed093cb22bb8f5acdc3"));
    }
    Ok(())
}

async fn every_message_has_an_id_of_its_own(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let send = || {
        sqs.client
            .send_message()
            .queue_url(&queue)
            .message_body("same")
            .send()
    };

    let (first, second) = (send().await?, send().await?);

    ensure!(
        first.message_id.is_some() && first.message_id != second.message_id,
        "{:?}",
        first.message_id
    );
    Ok(())
}

async fn a_message_of_exactly_one_mebibyte_is_accepted(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    sqs.send(&queue, &"x".repeat(MEBIBYTE)).await?;

    ensure_eq!(body(&sqs.receive_one(&queue).await?).len(), MEBIBYTE);
    Ok(())
}

async fn a_message_of_one_byte_more_is_refused(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let text = "x".repeat(MEBIBYTE + 1);

    refused(
        sqs.client
            .send_message()
            .queue_url(&queue)
            .message_body(text)
            .send()
            .await,
        "InvalidParameterValue",
    )
}

async fn a_mebibyte_that_json_makes_six_times_as_long_is_accepted(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let escaped = "\\u000a".repeat(MEBIBYTE);
    let request = format!(r#"{{"QueueUrl":"{queue}","MessageBody":"{escaped}"}}"#);

    let (status, _) = sqs.raw("SendMessage", request).await?;

    ensure_eq!(status, 200);
    Ok(())
}

async fn a_size_is_counted_in_bytes_of_utf_8(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let crabs = "🦀".repeat(MEBIBYTE / 4);
    sqs.send(&queue, &crabs).await?;

    refusal(
        sqs.client
            .send_message()
            .queue_url(&queue)
            .message_body(crabs + "x")
            .send()
            .await,
    )?;
    Ok(())
}

async fn a_queue_may_have_a_smaller_limit(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[(Name::MaximumMessageSize, "1024")]).await?;
    sqs.send(&queue, &"x".repeat(1_024)).await?;

    refusal(
        sqs.client
            .send_message()
            .queue_url(&queue)
            .message_body("x".repeat(1_025))
            .send()
            .await,
    )?;
    Ok(())
}

async fn emoji_and_other_letters_of_the_world_are_valid(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let text = "🦀 größer 日本語 \u{D7FF}\u{E000}\u{FFFD}\u{10000}\u{10FFFF} \t\n\r";

    sqs.send(&queue, text).await?;

    ensure_eq!(body(&sqs.receive_one(&queue).await?), text);
    Ok(())
}

async fn characters_that_xml_can_not_carry_are_refused(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    for bad in [
        "\u{0}", "\u{8}", "\u{b}", "\u{c}", "\u{1f}", "\u{fffe}", "\u{ffff}",
    ] {
        let outcome = sqs
            .client
            .send_message()
            .queue_url(&queue)
            .message_body(format!("a{bad}b"))
            .send()
            .await;
        ensure!(outcome.is_err(), "{bad:?} was accepted");
        refused(outcome, "InvalidMessageContents")?;
    }
    Ok(())
}

async fn an_empty_body_is_refused(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    refusal(
        sqs.client
            .send_message()
            .queue_url(&queue)
            .message_body("")
            .send()
            .await,
    )?;
    refusal(sqs.client.send_message().queue_url(&queue).send().await)?;
    Ok(())
}

async fn a_deduplication_id_is_for_fifo_queues_only(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let request = sqs
        .client
        .send_message()
        .queue_url(&queue)
        .message_body("x");

    refused(
        request.message_deduplication_id("x").send().await,
        "InvalidParameterValue",
    )
}

async fn the_trace_header_is_a_system_attribute(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let header = SystemValue::builder()
        .data_type("String")
        .string_value(TRACE)
        .build()?;
    let request = sqs
        .client
        .send_message()
        .queue_url(&queue)
        .message_body("x".repeat(MEBIBYTE));

    let sent = request
        .message_system_attributes(SystemForSends::AwsTraceHeader, header)
        .send()
        .await?;

    ensure_eq!(
        sent.md5_of_message_system_attributes(),
        Some("5ae4d5d7636402d80f4eb6d213245a88")
    );
    ensure_eq!(
        system(&sqs.receive_one(&queue).await?, &System::AwsTraceHeader),
        TRACE
    );
    Ok(())
}

async fn no_other_system_attribute_can_be_sent(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let value = SystemValue::builder()
        .data_type("String")
        .string_value("x")
        .build()?;
    let request = sqs
        .client
        .send_message()
        .queue_url(&queue)
        .message_body("x");

    refusal(
        request
            .message_system_attributes(SystemForSends::from("SenderId"), value)
            .send()
            .await,
    )?;
    Ok(())
}

checks![
    a_message_arrives_as_it_was_sent,
    the_digest_of_a_body_is_its_md5,
    every_message_has_an_id_of_its_own,
    a_message_of_exactly_one_mebibyte_is_accepted,
    a_message_of_one_byte_more_is_refused,
    a_mebibyte_that_json_makes_six_times_as_long_is_accepted,
    a_size_is_counted_in_bytes_of_utf_8,
    a_queue_may_have_a_smaller_limit,
    the_trace_header_is_a_system_attribute,
    no_other_system_attribute_can_be_sent,
    emoji_and_other_letters_of_the_world_are_valid,
    characters_that_xml_can_not_carry_are_refused,
    an_empty_body_is_refused,
    a_deduplication_id_is_for_fifo_queues_only,
];
