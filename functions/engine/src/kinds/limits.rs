//! The limits of a schema: those that [`super::schema`] enforces, and those that it does not.

use regex_lite::Regex;
use serde_json::Value;

use super::format::Format;

/// Keywords that [`super::input_schema::InputSchema::check`] enforces, and annotations that it ignores.
#[rustfmt::skip]
const KNOWN: &[&str] = &[
    "$defs", "$ref", "$schema", "additionalProperties", "allOf", "anyOf", "const", "default", "deprecated", "description",
    "enum", "examples", "exclusiveMaximum", "exclusiveMinimum", "format", "items", "maxItems", "maxLength", "maxProperties",
    "maximum", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "not", "oneOf", "pattern", "prefixItems",
    "properties", "readOnly", "required", "title", "type", "uniqueItems", "writeOnly",
];

/// Returns the places in `schema` whose limits [`super::input_schema::InputSchema::check`] does not enforce.
pub(crate) fn unenforced(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    look(schema, "", &mut found);
    found
}

/// The patterns in a schema.
pub(super) fn patterns(schema: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match schema {
        Value::Object(members) => {
            let own = members.get("pattern").and_then(Value::as_str);
            Box::new(own.into_iter().chain(members.values().flat_map(patterns)))
        }
        Value::Array(schemas) => Box::new(schemas.iter().flat_map(patterns)),
        _ => Box::new(std::iter::empty()),
    }
}

fn look(schema: &Value, at: &str, found: &mut Vec<String>) {
    let Value::Object(schema) = schema else {
        return;
    };
    for (keyword, value) in schema {
        let here = format!("{at}/{keyword}");
        match keyword.as_str() {
            "properties" | "$defs" => {
                for (name, schema) in value.as_object().into_iter().flatten() {
                    look(schema, &format!("{here}/{name}"), found);
                }
            }
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                for (index, schema) in value.as_array().into_iter().flatten().enumerate() {
                    look(schema, &format!("{here}/{index}"), found);
                }
            }
            "items" | "additionalProperties" | "not" => look(value, &here, found),
            "format" if value.as_str().and_then(Format::of).is_none() => {
                found.push(format!("{here}: {value}"));
            }
            "pattern"
                if value
                    .as_str()
                    .is_none_or(|pattern| Regex::new(pattern).is_err()) =>
            {
                found.push(format!("{here}: {value}"));
            }
            known if KNOWN.contains(&known) || known.starts_with("x-") => {}
            _ => found.push(here),
        }
    }
}
