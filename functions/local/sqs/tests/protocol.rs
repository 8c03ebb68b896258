//! The protocol beneath the SDK: requests that it would never write, and what errors look like.

use super::check::{Verdict, checks, ensure, ensure_eq};
use super::endpoint::{Sqs, new_name};

async fn an_error_is_named_in_a_header_and_in_the_body(sqs: &Sqs) -> Verdict {
    let request = reqwest::Client::new()
        .post(&sqs.endpoint)
        .header("x-amz-target", "AmazonSQS.GetQueueUrl");
    let request = request.header("content-type", "application/x-amz-json-1.0");

    let answer = request
        .body(format!(r#"{{"QueueName":"{}"}}"#, new_name()))
        .send()
        .await?;

    ensure_eq!(answer.status().as_u16(), 400);
    let header = answer
        .headers()
        .get("x-amzn-query-error")
        .and_then(|value| value.to_str().ok())
        .map(str::to_owned);
    ensure_eq!(
        header.as_deref(),
        Some("AWS.SimpleQueueService.NonExistentQueue;Sender")
    );
    let text = answer.text().await?;
    let body: serde_json::Value = serde_json::from_str(&text)?;
    ensure!(
        body["__type"]
            .as_str()
            .is_some_and(|shape| shape.ends_with("QueueDoesNotExist")),
        "{text}"
    );
    Ok(())
}

async fn an_unknown_operation_is_an_error_of_the_sender(sqs: &Sqs) -> Verdict {
    let (status, text) = sqs.raw("MakeCoffee", "{}").await?;

    ensure!((400..500).contains(&status), "{status} {text}");
    Ok(())
}

async fn what_is_no_json_is_an_error_of_the_sender(sqs: &Sqs) -> Verdict {
    for text in ["{", "", "[]", "null", "\u{0}", r#"{"QueueName": "\ud800"}"#] {
        let (status, answer) = sqs.raw("CreateQueue", text).await?;
        ensure!((400..500).contains(&status), "{text:?}: {status} {answer}");
    }
    Ok(())
}

async fn a_member_of_the_wrong_type_is_an_error_of_the_sender(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;
    for wait in ["\"soon\"", "1e300", "[]", "99999999999999999999"] {
        let text = format!(r#"{{"QueueUrl":"{queue}","WaitTimeSeconds":{wait}}}"#);
        let (status, answer) = sqs.raw("ReceiveMessage", text).await?;
        ensure!((400..500).contains(&status), "{wait}: {status} {answer}");
    }
    Ok(())
}

async fn json_of_a_hundred_thousand_brackets_is_an_error_of_the_sender(sqs: &Sqs) -> Verdict {
    let (status, _) = sqs
        .raw(
            "SendMessage",
            format!(r#"{{"MessageBody":{}"#, "[".repeat(100_000)),
        )
        .await?;

    ensure!((400..500).contains(&status), "{status}");
    ensure_eq!(sqs.raw("ListQueues", "{}").await?.0, 200);
    Ok(())
}

async fn a_member_that_nobody_knows_is_ignored(sqs: &Sqs) -> Verdict {
    let (status, text) = sqs
        .raw(
            "CreateQueue",
            format!(r#"{{"QueueName":"{}","Colour":"red"}}"#, new_name()),
        )
        .await?;

    ensure!(
        status == 200 && text.contains("QueueUrl"),
        "{status} {text}"
    );
    Ok(())
}

async fn a_missing_queue_url_is_an_error_of_the_sender(sqs: &Sqs) -> Verdict {
    for operation in [
        "SendMessage",
        "ReceiveMessage",
        "DeleteQueue",
        "PurgeQueue",
        "GetQueueAttributes",
    ] {
        let (status, text) = sqs.raw(operation, r#"{"MessageBody":"x"}"#).await?;
        ensure!((400..500).contains(&status), "{operation}: {status} {text}");
    }
    Ok(())
}

async fn a_queue_url_of_another_kind_is_an_error_of_the_sender(sqs: &Sqs) -> Verdict {
    for url in ["", "x", "/", "http://", "http://127.0.0.1/"] {
        let (status, text) = sqs
            .raw(
                "SendMessage",
                format!(r#"{{"QueueUrl":"{url}","MessageBody":"x"}}"#),
            )
            .await?;
        ensure!((400..500).contains(&status), "{url:?}: {status} {text}");
    }
    Ok(())
}

async fn a_receive_of_nothing_is_an_empty_object_or_an_empty_list(sqs: &Sqs) -> Verdict {
    let queue = sqs.queue(&[]).await?;

    let (status, text) = sqs
        .raw("ReceiveMessage", format!(r#"{{"QueueUrl":"{queue}"}}"#))
        .await?;

    let answer: serde_json::Value = serde_json::from_str(&text)?;
    ensure_eq!(status, 200);
    ensure!(
        answer
            .get("Messages")
            .is_none_or(|messages| messages.as_array().is_some_and(Vec::is_empty)),
        "{text}"
    );
    Ok(())
}

checks![
    an_error_is_named_in_a_header_and_in_the_body,
    an_unknown_operation_is_an_error_of_the_sender,
    what_is_no_json_is_an_error_of_the_sender,
    a_member_of_the_wrong_type_is_an_error_of_the_sender,
    json_of_a_hundred_thousand_brackets_is_an_error_of_the_sender,
    a_member_that_nobody_knows_is_ignored,
    a_missing_queue_url_is_an_error_of_the_sender,
    a_queue_url_of_another_kind_is_an_error_of_the_sender,
    a_receive_of_nothing_is_an_empty_object_or_an_empty_list,
];
