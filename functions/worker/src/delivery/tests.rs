//! Tests of tokens and delays.

use super::*;

fn delivery(deliveries: u32) -> Delivery {
    let mut record = SqsMessage::default();
    let count = ("ApproximateReceiveCount".to_owned(), deliveries.to_string());
    record.attributes.extend([count]);
    Delivery::of(record, &Invocation::of(&lambda_runtime::Context::default()))
}

#[test]
fn no_two_deliveries_have_the_same_token() {
    let (one, other) = (delivery(1), delivery(1));
    let tokens = [one.run_token.unwrap(), other.run_token.unwrap()];
    assert_ne!(tokens[0], tokens[1]);
    assert!(tokens.iter().all(|token| token.len() == 32));
}

#[test]
fn after_a_fault_of_the_table_a_message_waits_twice_as_long_as_the_last_time() {
    let waits = [1, 2, 3, 20].map(|count| after_fault(delivery(count).deliveries));
    let seconds = [5, 10, 20, 900];
    assert_eq!(
        waits,
        seconds.map(|after| Disposition::after(Duration::from_secs(after), HandBack::Table))
    );
}
