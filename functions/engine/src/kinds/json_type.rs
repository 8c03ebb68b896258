//! The keyword `type`, and keywords with an array or a number.

use serde_json::{Map, Value};

/// The values of `type`: none means any.
pub(super) fn types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a value has the type with this name.
pub(super) fn is_type(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "integer" => value.as_f64().is_some_and(|number| number.fract() == 0.0),
        _ => value.is_number(),
    }
}

/// The types for people: "a string", "a number or null".
pub(super) fn spoken(types: &[&str]) -> String {
    let spoken = types.iter().map(|name| match *name {
        "null" => "null".to_owned(),
        "integer" | "array" | "object" => format!("an {name}"),
        name => format!("a {name}"),
    });
    spoken.collect::<Vec<_>>().join(" or ")
}

/// The items of a keyword that has an array.
pub(super) fn list<'a>(schema: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    let values = schema.get(keyword).and_then(Value::as_array);
    values.map_or(&[], Vec::as_slice)
}

/// The value of a keyword that has a number.
pub(super) fn number(schema: &Map<String, Value>, keyword: &str) -> Option<f64> {
    schema.get(keyword)?.as_f64()
}
