//! The kinds that can be submitted, with the schemas of their inputs and results.

use api::JSON;
use engine::{Catalog, MAX_CALLBACK_URL_BYTES, MAX_SUMMARY_CHARS, describe_uploads};
use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform as _};
use serde_json::{Map, Value, json};

use super::Features;

const PATH: &str = "/components/schemas";

/// Text of characters that XML can represent ([`api::is_xml_char`]): an Atom entry has the summary, too.
const XML_TEXT: &str = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]*$";

/// Adds the kinds to the document: a schema of the submission of each, an example, and a schema of its results.
pub(super) fn describe(catalog: &Catalog, features: Features, document: &mut Value) {
    let mut inputs = settings().for_deserialize().into_generator();
    let described: Vec<_> = catalog.inputs(&mut inputs).collect();
    let mut definitions = inputs.take_definitions(true);
    for definition in definitions.values_mut() {
        describe_uploads(definition, features.uploads);
    }
    let mut examples = Map::new();
    let schemas = &mut document["components"]["schemas"];
    for (name, input) in &described {
        if let Some(input) = example(input, &definitions) {
            let example = json!({ "value": { "name": name.as_str(), "input": input } });
            examples.insert(name.to_string(), example);
        }
        let mut schema = submission(name.as_str(), &renamed(input.clone(), "Input"));
        if features.webhooks {
            schema["properties"]["callback"] = reference("CallbackRequest");
        }
        schemas[format!("{name}_submission")] = schema;
    }
    let names = described.iter().map(|(name, _)| name.as_str());
    let all: Vec<_> = names.clone().collect();
    schemas["Submission"] = one_of(
        "A job of one of this deployment's kinds.",
        "name",
        names.map(|name| (name, format!("{name}_submission"))),
    );
    add(schemas, definitions, "Input");
    document["components"]["parameters"]["kind"]["schema"]["enum"] = json!(all);
    let schemas = &mut document["components"]["schemas"];
    if features.webhooks {
        schemas["CallbackRequest"] = callback();
    }

    let mut outputs = settings().for_serialize().into_generator();
    let described: Vec<_> = catalog.outputs(&mut outputs).collect();
    let mut any_of = Vec::new();
    for (name, output) in described {
        schemas[format!("{name}_result")] = renamed(output, "Output");
        any_of.push(reference(&format!("{name}_result")));
    }
    add(schemas, outputs.take_definitions(true), "Output");
    schemas["JobResult"] = json!({ "description": "The result of its kind.", "anyOf": any_of });
    document["paths"]["/jobs"]["post"]["requestBody"]["content"][JSON]["examples"] =
        examples.into();
}

/// Adds the definitions of the kinds. They have names of their own, so that a type of a kind may have the same name as a type of the
/// service, and an input the same as a result.
fn add(schemas: &mut Value, definitions: Map<String, Value>, suffix: &str) {
    for (name, schema) in definitions {
        let schema = Schema::try_from(schema).map(|schema| renamed(schema, suffix));
        schemas[format!("{name}{suffix}")] = schema.unwrap_or_default();
    }
}

/// A union of objects that differ in the value of `property`. `members` are the values, each with the name of its schema.
pub(super) fn one_of<'a>(
    description: &str,
    property: &str,
    members: impl Iterator<Item = (&'a str, String)>,
) -> Value {
    let mapping: Map<_, Value> = members
        .map(|(value, schema)| (value.to_owned(), format!("#{PATH}/{schema}").into()))
        .collect();
    let one_of = mapping.values().map(|uri| json!({ "$ref": uri }));
    json!({
        "description": description,
        "oneOf": one_of.collect::<Vec<_>>(),
        "discriminator": { "propertyName": property, "mapping": mapping },
    })
}

pub(super) fn reference(schema: &str) -> Value {
    json!({ "$ref": format!("#{PATH}/{schema}") })
}

pub(super) fn settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = PATH.into())
}

/// Returns the schema with the names that its references have in the document, and as code generators read it: with `{}` for `true`,
/// and with a default in the description, because some of them require a member that has one.
fn renamed(mut schema: Schema, suffix: &str) -> Value {
    let mut rename = RecursiveTransform(|schema: &mut Schema| {
        if schema.as_bool() == Some(true) {
            *schema = Schema::default();
        }
        if let Some(default) = schema
            .remove("default")
            .filter(|default| !default.is_null())
        {
            let description = schema.get("description").and_then(Value::as_str);
            let description = format!("{} Default: `{default}`.", description.unwrap_or_default());
            schema.insert("description".to_owned(), description.trim_start().into());
        }
        if let Some(Value::String(reference)) = schema.get_mut("$ref") {
            reference.push_str(suffix);
        }
    });
    rename.transform(&mut schema);
    schema.to_value()
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
fn submission(kind: &str, input: &Value) -> Value {
    json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "const": kind },
            "input": input,
            "summary": {
                "type": "string",
                "description": "Your name for the job: its title, and its summary until the kind reports progress.",
                "maxLength": MAX_SUMMARY_CHARS,
                "pattern": XML_TEXT,
            },
            "scheduled-start-time": {
                "type": "string",
                "format": "date-time",
                "description": "When the job may start. A time in the past means now. The job never starts before it. Up to 15 minutes ahead, the job is due to the second; further ahead, it usually starts within a minute after this time, and its message must not exceed 262144 bytes. The deployment limits how far in the future it may be. A 422 names the limit.",
            },
        },
        "required": ["name", "input"],
        "additionalProperties": false,
    })
}

/// The schema of a submission's `callback`.
fn callback() -> Value {
    json!({
        "type": "object",
        "description": "Sends the webhook `job.completed` to this URL when the job has finished.",
        "properties": {
            "url": {
                "type": "string",
                "format": "uri",
                "description": "An https URL without a fragment, user name or password, on port 443 or 8443. Its host must be public, and one that the deployment calls; a 422 says what is wrong.",
                "maxLength": MAX_CALLBACK_URL_BYTES,
            },
        },
        "required": ["url"],
        "additionalProperties": false,
    })
}
