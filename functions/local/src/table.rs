//! The table of jobs, as `template.yaml` describes it.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::create_table::CreateTableError;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType, TimeToLiveSpecification,
};
use engine::{Attribute, INDEX_NAME};

/// Creates the table with its index and its TTL attribute, unless it exists.
///
/// # Errors
/// If the back end refuses or is not reachable.
pub async fn create_table(client: &Client, name: &str) -> Result<(), aws_sdk_dynamodb::Error> {
    let table = client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest);
    let created = table
        .set_attribute_definitions(Some(vec![
            text(Attribute::Id)?,
            text(Attribute::OwnerShard)?,
            text(Attribute::CreatedOrder)?,
        ]))
        .key_schema(key(Attribute::Id, KeyType::Hash)?)
        .global_secondary_indexes(index()?)
        .send()
        .await;
    match created {
        Err(SdkError::ServiceError(error))
            if matches!(error.err(), CreateTableError::ResourceInUseException(_)) =>
        {
            return Ok(());
        }
        other => other?,
    };
    let ttl = TimeToLiveSpecification::builder().enabled(true);
    let ttl = ttl.attribute_name(Attribute::ExpiresAt.name()).build()?;
    client
        .update_time_to_live()
        .table_name(name)
        .time_to_live_specification(ttl)
        .send()
        .await?;
    Ok(())
}

type Built<T> = Result<T, aws_sdk_dynamodb::error::BuildError>;

fn text(attribute: Attribute) -> Built<AttributeDefinition> {
    let definition = AttributeDefinition::builder().attribute_name(attribute.name());
    definition.attribute_type(ScalarAttributeType::S).build()
}

fn key(attribute: Attribute, part: KeyType) -> Built<KeySchemaElement> {
    KeySchemaElement::builder()
        .attribute_name(attribute.name())
        .key_type(part)
        .build()
}

fn index() -> Built<GlobalSecondaryIndex> {
    let keys_only = Projection::builder()
        .projection_type(ProjectionType::KeysOnly)
        .build();
    GlobalSecondaryIndex::builder()
        .index_name(INDEX_NAME)
        .key_schema(key(Attribute::OwnerShard, KeyType::Hash)?)
        .key_schema(key(Attribute::CreatedOrder, KeyType::Range)?)
        .projection(keys_only)
        .build()
}
