//! The embedded DynamoDB charges as AWS publishes it: a write unit for each started KB of the larger of the item before and
//! after, a read unit for each started 4 KB, half of one when the read is eventually consistent; an index whose entry stays as
//! it was costs nothing.
//! <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html>

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;

use crate::backends::{Backends, TABLE, dynamodb_client};
use crate::recorder::{Recorder, Units};

struct Table {
    client: Client,
    recorder: Recorder,
    _backends: Backends,
}

impl Table {
    async fn new() -> Self {
        let backends = Backends::start().await;
        let (recorder, endpoint) = Recorder::before(&backends).await;
        Self {
            client: dynamodb_client(&endpoint),
            recorder,
            _backends: backends,
        }
    }

    /// Writes the item with this many bytes in total, including its keys.
    async fn put(&self, bytes: usize) -> Units {
        let keys = [("id", "1"), ("owner_shard", "o"), ("created_order", "2")];
        let weighs = |(name, value): &(&str, &str)| name.len() + value.len();
        let filled = "text".len() + keys.iter().map(weighs).sum::<usize>();
        let mut put = self.client.put_item().table_name(TABLE);
        for (name, value) in keys {
            put = put.item(name, text(value));
        }
        let put = put.item("text", text(&"x".repeat(bytes - filled)));
        put.send().await.unwrap();
        self.charged()
    }

    async fn read(&self, is_consistent: bool) -> f64 {
        let get = self.client.get_item().table_name(TABLE);
        let get = get.key("id", text("1")).consistent_read(is_consistent);
        get.send().await.unwrap();
        self.charged().reads
    }

    async fn update(&self, attribute: &str, condition: &str) -> Units {
        let update = self.client.update_item().table_name(TABLE);
        let update = update
            .key("id", text("1"))
            .update_expression("SET #attribute = :new")
            .condition_expression(condition)
            .expression_attribute_names("#attribute", attribute)
            .expression_attribute_values(":new", text("3"));
        // A refusal is charged too.
        let _ = update.send().await;
        self.charged()
    }

    fn charged(&self) -> Units {
        self.recorder.take().iter().map(|call| call.units).sum()
    }
}

fn text(value: &str) -> AttributeValue {
    AttributeValue::S(value.to_owned())
}

const STANDS: &str = "attribute_exists(id)";

#[tokio::test]
async fn a_write_costs_a_unit_for_each_started_kilobyte_of_the_larger_image() {
    let table = Table::new().await;

    let first = table.put(1_024).await;
    let larger = table.put(1_025).await;
    let smaller_again = table.put(1_024).await;

    assert_eq!((first.table_writes, first.index_writes), (1.0, 1.0));
    assert_eq!((larger.table_writes, larger.index_writes), (2.0, 0.0));
    assert_eq!(smaller_again.table_writes, 2.0);
}

#[tokio::test]
async fn an_update_costs_the_index_only_what_changes_there() {
    let table = Table::new().await;
    table.put(900).await;

    let beside = table.update("percent", STANDS).await;
    let moved = table.update("created_order", STANDS).await;
    let refused = table.update("percent", "attribute_not_exists(id)").await;

    assert_eq!((beside.table_writes, beside.index_writes), (1.0, 0.0));
    assert_eq!((moved.table_writes, moved.index_writes), (1.0, 2.0));
    assert_eq!((refused.table_writes, refused.index_writes), (1.0, 0.0));
}

#[tokio::test]
async fn a_read_costs_a_unit_for_each_started_four_kilobytes_and_half_when_it_may_be_late() {
    let table = Table::new().await;

    for (bytes, units) in [(4_096, 1.0), (4_097, 2.0)] {
        table.put(bytes).await;

        assert_eq!(table.read(true).await, units);
        assert_eq!(table.read(false).await, units / 2.0);
    }
}
