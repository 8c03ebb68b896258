//! What a job takes of AWS: the calls of each function, and what DynamoDB and SQS charge for them.
//!
//! Counted at the wire, with the functions as processes before the embedded back ends, and held against the table in
//! `counted`. The embedded DynamoDB says itself what it charges; that this is what AWS publishes is in `units`.

#![expect(
    clippy::float_cmp,
    reason = "units are whole numbers and halves, which are exact"
)]

mod batches;
mod bounds;
mod counted;
mod counted_app;
mod counting;
mod large_results;
mod list;
mod payloads;
mod queue;
mod refusals;
mod units;

use crate::recorder::Units;
use counted::COUNTED;
use counting::count;

#[tokio::test]
async fn every_row_of_the_table_is_what_is_counted_at_the_wire() {
    let mut wrong = Vec::new();
    for row in COUNTED {
        let calls = count(row.what).await;

        let actions: Vec<_> = calls.iter().map(|call| call.action.clone()).collect();
        let units: Units = calls.iter().map(|call| call.units).sum();
        if actions != row.calls || units != row.units {
            wrong.push((row.what, actions, units));
        }
    }
    assert!(wrong.is_empty(), "counted otherwise: {wrong:#?}");
}
