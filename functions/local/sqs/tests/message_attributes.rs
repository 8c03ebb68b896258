//! Attributes beside a message's body.

use aws_sdk_sqs::operation::send_message::builders::SendMessageFluentBuilder;
use aws_sdk_sqs::primitives::Blob;
use aws_sdk_sqs::types::{
    MessageAttributeValue as Value, MessageSystemAttributeName as System,
    MessageSystemAttributeNameForSends as SystemForSends,
    MessageSystemAttributeValue as SystemValue,
};

use super::check::{Verdict, checks, ensure, ensure_eq, refusal, refused};
use super::endpoint::Sqs;
use super::verbs::system;

const TRACE: &str = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";

fn text(data_type: &str, value: &str) -> Verdict<Value> {
    Ok(Value::builder()
        .data_type(data_type)
        .string_value(value)
        .build()?)
}

/// A message with an attribute of each type.
fn three(sqs: &Sqs, queue: &str) -> Verdict<SendMessageFluentBuilder> {
    let raw = Value::builder()
        .data_type("Binary")
        .binary_value(Blob::new([0, 255, 16]))
        .build()?;
    let request = sqs
        .client
        .send_message()
        .queue_url(queue)
        .message_body("x")
        .message_attributes("raw", raw);
    Ok(request
        .message_attributes("city", text("String", "Zürich")?)
        .message_attributes("count", text("Number.int", "42")?))
}

async fn attributes_of_every_type_arrive_as_they_were_sent(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    three(sqs, &queue)?.send().await?;

    let message = sqs.receive_one(&queue).await?;

    let attributes = message.message_attributes.unwrap_or_default();
    ensure_eq!(attributes.len(), 3);
    ensure_eq!(attributes["city"], text("String", "Zürich")?);
    ensure_eq!(attributes["count"], text("Number.int", "42")?);
    ensure_eq!(
        attributes["raw"].binary_value,
        Some(Blob::new([0, 255, 16]))
    );
    Ok(())
}

async fn the_digest_of_attributes_is_the_one_of_the_developer_guide(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    let sent = three(sqs, &queue)?.send().await?;

    let received = sqs.receive_one(&queue).await?;
    for digest in [
        sent.md5_of_message_attributes,
        received.md5_of_message_attributes,
    ] {
        ensure_eq!(digest.as_deref(), Some("3537704b4ffc39590d8cca14166a08e5"));
    }
    Ok(())
}

async fn no_attribute_is_returned_unasked(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    three(sqs, &queue)?.send().await?;

    let message = sqs.receive_for(&queue, 30).await?;

    ensure!(
        message
            .message_attributes()
            .is_none_or(std::collections::HashMap::is_empty),
        "{message:?}"
    );
    ensure_eq!(message.md5_of_message_attributes, None);
    Ok(())
}

async fn a_chosen_attribute_comes_with_the_digest_of_what_was_chosen(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    three(sqs, &queue)?.send().await?;

    let received = sqs
        .client
        .receive_message()
        .queue_url(&queue)
        .message_attribute_names("city")
        .send()
        .await?;

    let message = &received.messages()[0];
    ensure_eq!(
        message
            .message_attributes()
            .map(std::collections::HashMap::len),
        Some(1)
    );
    ensure_eq!(
        message.md5_of_message_attributes(),
        Some("268df1768c577414d0359dbcb7b9a6fa")
    );
    Ok(())
}

async fn attributes_can_be_chosen_by_the_beginning_of_their_name(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let request = sqs
        .client
        .send_message()
        .queue_url(&queue)
        .message_body("x");
    let request = request
        .message_attributes("bar.one", text("String", "1")?)
        .message_attributes("bar.two", text("String", "2")?);
    request
        .message_attributes("foo", text("String", "3")?)
        .send()
        .await?;

    let received = sqs
        .client
        .receive_message()
        .queue_url(&queue)
        .message_attribute_names("bar.*")
        .send()
        .await?;

    ensure_eq!(
        received.messages()[0]
            .message_attributes()
            .map(std::collections::HashMap::len),
        Some(2)
    );
    Ok(())
}

async fn a_message_has_up_to_ten_attributes(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let mut request = sqs
        .client
        .send_message()
        .queue_url(&queue)
        .message_body("x");
    for number in 0..10 {
        request = request.message_attributes(format!("a{number}"), text("String", "x")?);
    }
    request.clone().send().await?;

    refusal(
        request
            .message_attributes("a10", text("String", "x")?)
            .send()
            .await,
    )?;
    Ok(())
}

async fn some_names_are_not_for_attributes(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    for name in [
        "AWS.x",
        "amazon.x",
        ".x",
        "x.",
        "x..y",
        "x y",
        "ü",
        "",
        &"x".repeat(257),
    ] {
        let request = sqs
            .client
            .send_message()
            .queue_url(&queue)
            .message_body("x");
        let outcome = request
            .message_attributes(name, text("String", "x")?)
            .send()
            .await;
        ensure!(outcome.is_err(), "{name:?} was accepted");
        refused(outcome, "InvalidParameterValue")?;
    }
    Ok(())
}

async fn a_value_must_be_of_its_type(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    for (data_type, value) in [
        ("Number", "many"),
        ("String", ""),
        ("Text", "x"),
        ("", "x"),
        ("Binary", "x"),
    ] {
        let request = sqs
            .client
            .send_message()
            .queue_url(&queue)
            .message_body("x");
        let outcome = request
            .message_attributes("name", text(data_type, value)?)
            .send()
            .await;
        ensure!(outcome.is_err(), "{data_type} {value:?} was accepted");
        refusal(outcome)?;
    }
    Ok(())
}

async fn a_string_can_not_have_characters_that_a_body_can_not(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    let request = sqs
        .client
        .send_message()
        .queue_url(&queue)
        .message_body("x");

    refusal(
        request
            .message_attributes("name", text("String", "a\u{0}")?)
            .send()
            .await,
    )?;
    Ok(())
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
        .message_body("x".repeat(1_048_576));

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
    attributes_of_every_type_arrive_as_they_were_sent,
    the_digest_of_attributes_is_the_one_of_the_developer_guide,
    no_attribute_is_returned_unasked,
    a_chosen_attribute_comes_with_the_digest_of_what_was_chosen,
    attributes_can_be_chosen_by_the_beginning_of_their_name,
    a_message_has_up_to_ten_attributes,
    some_names_are_not_for_attributes,
    a_value_must_be_of_its_type,
    a_string_can_not_have_characters_that_a_body_can_not,
    the_trace_header_is_a_system_attribute,
    no_other_system_attribute_can_be_sent,
];
