//! The message group of a job is its owner, which is what a fair queue of AWS needs to keep one owner's flood from delaying
//! the jobs of others. AWS does not publish the rule by which it orders groups, so no test here imitates it.

use std::time::Duration;

use aws_sdk_sqs::types::{Message, MessageSystemAttributeName};
use engine::Owner;

use crate::backends::Backends;

/// Body and group of each message, sorted.
fn groups(messages: &[Message]) -> Vec<(&str, &str)> {
    let group = |message| {
        let attributes = Message::attributes(message)?;
        attributes.get(&MessageSystemAttributeName::MessageGroupId)
    };
    let mut groups: Vec<_> = messages
        .iter()
        .map(|message| (message.body().unwrap(), group(message).unwrap().as_str()))
        .collect();
    groups.sort_unstable();
    groups
}

#[tokio::test]
async fn the_group_of_a_message_is_its_owner_and_stays_so_when_it_is_redelivered() {
    let backends = Backends::start().await;
    let queue = backends.queue();
    for (body, owner) in [("1", "noisy"), ("2", "noisy"), ("3", "quiet")] {
        let owner = Owner::named(owner).unwrap();
        let sent = queue.send(body.to_owned(), &owner, Duration::ZERO, None);
        sent.await.unwrap();
    }

    let received = backends.messages().await;

    let [(_, first), (_, second), (_, third)] = groups(&received)[..] else {
        panic!("not three messages: {received:?}");
    };
    assert_eq!(first, second);
    assert_ne!(first, third);
    backends.hand_back(&received).await;
    assert_eq!(groups(&backends.messages().await), groups(&received));
}
