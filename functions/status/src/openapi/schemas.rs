//! The schemas, derived from the types.

use api::{AcceptedDocument, JobDocument, ProblemDocument};
use engine::{Catalog, MAX_SUMMARY_CHARS};
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use schemars::{Schema, SchemaGenerator};
use serde_json::{Map, Value, json};

use crate::list::ListDocument;
use crate::pages::{HomeDocument, ProblemTypeDocument};

const PATH: &str = "/components/schemas";

/// Text of characters that XML can write ([`api::is_xml_char`]): an Atom entry has the summary too.
const XML_TEXT: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]*$";

/// The document's schemas.
pub(crate) struct Schemas {
    /// By their names.
    pub(crate) schemas: Map<String, Value>,
    /// What can be submitted.
    pub(crate) kinds: Vec<Kind>,
}

/// A kind that can be submitted.
pub(crate) struct Kind {
    /// Its name.
    pub(crate) name: String,
    /// An input that it takes, if its type has one (`#[schemars(example = …)]`).
    pub(crate) example: Option<Value>,
}

impl Schemas {
    pub(crate) fn of(catalog: &Catalog) -> Self {
        let mut schemas = of_answers();
        let mut inputs = settings().for_deserialize().into_generator();
        let described: Vec<_> = catalog.inputs(&mut inputs).collect();
        let definitions = inputs.take_definitions(true);
        let mut kinds = Vec::new();
        for (name, input) in described {
            let name = name.to_string();
            let example = example(&input, &definitions);
            schemas.insert(submission_name(&name), submission(&name, &renamed(input)));
            kinds.push(Kind { name, example });
        }
        // Names of their own, so that a kind's types can be called as the service's are.
        for (name, schema) in definitions {
            let schema = Schema::try_from(schema).map(renamed).map(Schema::to_value);
            schemas.insert(format!("{name}Input"), schema.unwrap_or_default());
        }
        schemas.insert("GatewayError".to_owned(), gateway_error());
        schemas.insert("Submission".to_owned(), one_of(&kinds));
        Self { schemas, kinds }
    }
}

/// The name of the schema of a kind's submission.
pub(crate) fn submission_name(kind: &str) -> String {
    format!("{kind}.submission")
}

pub(crate) fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#{PATH}/{name}") })
}

fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = PATH.into())
}

fn of_answers() -> Map<String, Value> {
    let mut generator: SchemaGenerator = settings().for_serialize().into_generator();
    generator.subschema_for::<AcceptedDocument<'_>>();
    generator.subschema_for::<JobDocument<'_>>();
    generator.subschema_for::<ListDocument<'_>>();
    generator.subschema_for::<ProblemDocument<'_>>();
    generator.subschema_for::<HomeDocument>();
    generator.subschema_for::<ProblemTypeDocument>();
    generator.take_definitions(true)
}

/// The schema with its references to definitions as these are called in the document.
fn renamed(mut schema: Schema) -> Schema {
    let mut rename = RecursiveTransform(|schema: &mut Schema| {
        if let Some(Value::String(reference)) = schema.get_mut("$ref") {
            reference.push_str("Input");
        }
    });
    rename.transform(&mut schema);
    schema
}

fn example(input: &Schema, definitions: &Map<String, Value>) -> Option<Value> {
    let definition = input
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| definitions.get(reference.rsplit('/').next()?));
    let schema = definition.unwrap_or(input.as_value());
    schema.pointer("/examples/0").cloned()
}

/// The body of `POST /jobs` for one kind.
fn submission(kind: &str, input: &Schema) -> Value {
    json!({
        "type": "object",
        "title": kind,
        "properties": {
            "name": { "const": kind },
            "input": input,
            "summary": {
                "type": "string",
                "description": "What you call the job, until its kind has more to say.",
                "maxLength": MAX_SUMMARY_CHARS,
                "pattern": XML_TEXT,
            },
            "scheduled-start-time": {
                "type": "string",
                "format": "date-time",
                "description": "When the job may start. A time in the past means now. The deployment limits how far ahead it may be; a 422 names the limit.",
            },
        },
        "required": ["name", "input"],
        "additionalProperties": false,
    })
}

fn one_of(kinds: &[Kind]) -> Value {
    let names: Vec<_> = kinds
        .iter()
        .map(|kind| submission_name(&kind.name))
        .collect();
    let mapping: Map<_, _> = kinds
        .iter()
        .map(|kind| {
            let schema = format!("#{PATH}/{}", submission_name(&kind.name));
            (kind.name.clone(), schema.into())
        })
        .collect();
    json!({
        "description": "A job to be done: of one of this deployment's kinds.",
        "oneOf": names.iter().map(|name| reference(name)).collect::<Vec<_>>(),
        "discriminator": { "propertyName": "name", "mapping": mapping },
    })
}

/// What an HTTP API of API Gateway says by itself; it cannot be told to say it otherwise.
fn gateway_error() -> Value {
    json!({
        "type": "object",
        "description": "An error of the gateway, before the service was asked.",
        "properties": { "message": { "type": ["string", "null"] } },
        "required": ["message"],
    })
}
