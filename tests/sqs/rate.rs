//! How fast the embedded queues are. Not a check, because machines differ:
//! `cargo test --release -p tests -- --ignored --nocapture rate`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;
use local::sqs::{ManualClock, Queues};

use super::check::Verdict;
use super::endpoint::Sqs;
use super::verbs::handle;

const WORKERS: usize = 2;
const BATCHES: usize = 1_000;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures this machine, and takes seconds of it"]
async fn the_rate_of_messages_sent_received_and_deleted_is_printed() {
    let clock = ManualClock::starting_at(1_700_000_000_000);
    let sqs = Sqs::over(Arc::new(Queues::new(clock.clone().into())), clock)
        .await
        .unwrap();
    let queue = Arc::new(sqs.queue(&[]).await.unwrap());
    let sqs = Arc::new(sqs);
    let begun = Instant::now();

    let work = |_| {
        let (sqs, queue) = (Arc::clone(&sqs), Arc::clone(&queue));
        tokio::spawn(async move {
            for _ in 0..BATCHES {
                ten_there_and_back(&sqs, &queue).await.unwrap();
            }
        })
    };
    for worker in (0..WORKERS).map(work).collect::<Vec<_>>() {
        worker.await.unwrap();
    }

    print_rate("in batches of ten", WORKERS * BATCHES * 10, begun.elapsed());
    assert_eq!(sqs.counts(&queue).await.unwrap(), ["0", "0", "0"]);
}

async fn ten_there_and_back(sqs: &Sqs, queue: &str) -> Verdict {
    sqs.send_batch(queue, &["{\"id\":\"0192\"}"; 10]).await?;
    let messages = sqs.receive(queue).await?;
    let mut request = sqs.client.delete_message_batch().queue_url(queue);
    for (number, message) in messages.iter().enumerate() {
        let entry = DeleteMessageBatchRequestEntry::builder()
            .id(format!("e{number}"))
            .receipt_handle(handle(message));
        request = request.entries(entry.build()?);
    }
    request.send().await?;
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a number for a reader")]
fn print_rate(how: &str, messages: usize, took: Duration) {
    println!(
        "{:.0} messages a second {how}",
        messages as f64 / took.as_secs_f64()
    );
}
