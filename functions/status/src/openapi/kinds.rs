//! The kinds that can be submitted, with the schemas of their inputs.

use api::JSON;
use engine::{Catalog, MAX_SUMMARY_CHARS};
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use serde_json::{Map, Value, json};

const PATH: &str = "/components/schemas";

/// Text of characters that XML can represent ([`api::is_xml_char`]): an Atom entry has the summary, too.
const XML_TEXT: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]*$";

/// Adds the kinds to the document: a schema of the submission of each, and an example.
pub(super) fn describe(catalog: &Catalog, document: &mut Value) {
    let mut inputs = settings().for_deserialize().into_generator();
    let described: Vec<_> = catalog.inputs(&mut inputs).collect();
    let definitions = inputs.take_definitions(true);
    let (mut one_of, mut mapping, mut examples) = (Vec::new(), Map::new(), Map::new());
    let schemas = &mut document["components"]["schemas"];
    for (name, input) in described {
        let name = name.to_string();
        if let Some(input) = example(&input, &definitions) {
            let example = json!({ "value": { "name": name, "input": input } });
            examples.insert(name.clone(), example);
        }
        let schema_name = format!("{name}.submission");
        let uri = format!("#{PATH}/{schema_name}");
        schemas[schema_name] = submission(&name, &renamed(input));
        one_of.push(json!({ "$ref": uri }));
        mapping.insert(name, uri.into());
    }
    // Names of their own, so that a type of a kind may have the same name as a type of the service.
    for (name, schema) in definitions {
        let schema = Schema::try_from(schema).map(renamed).map(Schema::to_value);
        schemas[format!("{name}Input")] = schema.unwrap_or_default();
    }
    schemas["Submission"]["oneOf"] = one_of.into();
    schemas["Submission"]["discriminator"] = json!({ "propertyName": "name", "mapping": mapping });
    document["paths"]["/jobs"]["post"]["requestBody"]["content"][JSON]["examples"] =
        examples.into();
}

pub(super) fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = PATH.into())
}

/// Returns the schema with the names that its references have in the document.
fn renamed(mut schema: Schema) -> Schema {
    let mut rename = RecursiveTransform(|schema: &mut Schema| {
        if let Some(Value::String(reference)) = schema.get_mut("$ref") {
            reference.push_str("Input");
        }
    });
    rename.transform(&mut schema);
    schema
}

/// The first example of an input's type (`#[schemars(example = …)]`).
fn example(input: &Schema, definitions: &Map<String, Value>) -> Option<Value> {
    let definition = input
        .get("$ref")
        .and_then(Value::as_str)
        .and_then(|reference| definitions.get(reference.rsplit('/').next()?));
    let schema = definition.unwrap_or(input.as_value());
    schema.pointer("/examples/0").cloned()
}

/// The schema of the body of `POST /jobs` for one kind.
fn submission(kind: &str, input: &Schema) -> Value {
    json!({
        "type": "object",
        "title": kind,
        "properties": {
            "name": { "const": kind },
            "input": input,
            "summary": {
                "type": "string",
                "description": "Your name for the job, shown until its kind reports progress.",
                "maxLength": MAX_SUMMARY_CHARS,
                "pattern": XML_TEXT,
            },
            "scheduled-start-time": {
                "type": "string",
                "format": "date-time",
                "description": "When the job may start. A time in the past means now. The deployment limits how far in the future it may be; a 422 names the limit.",
            },
        },
        "required": ["name", "input"],
        "additionalProperties": false,
    })
}
