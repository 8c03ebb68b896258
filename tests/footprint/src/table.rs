//! The table that the functions write to: a real one, in memory.

use dynoxide::Database;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::Error;

/// An empty table called `jobs`, without the index: nothing that is measured lists.
///
/// # Errors
/// None in practice.
pub(crate) fn create() -> Result<Database, Error> {
    let database = Database::memory()?;
    database.create_table(read(json!({
        "TableName": "jobs", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    }))?)?;
    Ok(database)
}

pub(crate) fn call(database: &Database, target: &str, request: Value) -> Result<Value, Error> {
    Ok(match target {
        "DynamoDB_20120810.PutItem" => serde_json::to_value(database.put_item(read(request)?)?)?,
        "DynamoDB_20120810.GetItem" => serde_json::to_value(database.get_item(read(request)?)?)?,
        "DynamoDB_20120810.UpdateItem" => {
            serde_json::to_value(database.update_item(read(request)?)?)?
        }
        other => return Err(Error::Unexpected(format!("a call of {other:?}"))),
    })
}

fn read<T: DeserializeOwned>(request: Value) -> Result<T, Error> {
    Ok(serde_json::from_value(request)?)
}
