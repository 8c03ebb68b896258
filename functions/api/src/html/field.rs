//! The fields of a form, from the JSON Schema of a kind's input.
//!
//! What a form has no control for is a field for JSON, and so is a whole input that is not an object of members: the service checks the
//! input anyway.

use engine::{UPLOAD_MARK, pointer_to};
use serde_json::{Map, Value};

/// Text up to this length has a field of one line.
const MAX_LINE_CHARS: u64 = 200;

/// Maximum number of references that lead from one to the next.
const MAX_REFERENCES: usize = 8;

/// Keywords that make more of a schema than its type and its limits say.
const COMPOSED: [&str; 5] = ["allOf", "anyOf", "if", "not", "oneOf"];

/// A field of a form.
#[derive(Debug, PartialEq)]
pub(super) struct Field {
    pub(super) label: String,
    /// The place of its value in the body of the submit.
    pub(super) pointer: String,
    pub(super) description: String,
    /// Whether it may be left out.
    pub(super) is_optional: bool,
    pub(super) control: Control,
}

/// What a field is filled in with.
#[derive(Debug, PartialEq)]
pub(super) enum Control {
    /// Text in one line: an `<input>` of this type.
    Line(&'static str, String),
    Text(String),
    /// A number: `step`, and the limits that a person should know.
    Number(&'static str, [Option<String>; 2], String),
    Check(bool),
    /// One of these values; the one that is chosen at first, if there is one.
    Choice(Vec<Choice>, Option<Value>),
    /// A text or a file.
    Attachment,
    Json(String),
}

#[derive(Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) value: Value,
    pub(super) description: String,
}

/// The fields for an input of this schema.
pub(super) fn fields(root: &Value) -> Vec<Field> {
    let resolved = resolve(root, root, MAX_REFERENCES);
    let members = resolved.as_ref().and_then(|input| members(root, input));
    members.unwrap_or_else(|| {
        let example = root.pointer("/examples/0");
        vec![Field {
            label: "Input".to_owned(),
            pointer: "/input".to_owned(),
            description: "JSON, as the schema of this kind describes it.".to_owned(),
            is_optional: false,
            control: Control::Json(example.map(pretty).unwrap_or_default()),
        }]
    })
}

/// The fields of an object's members; `None` if it is not only an object with these members.
fn members(root: &Value, input: &Resolved) -> Option<Vec<Field>> {
    let schema = &input.schema;
    let others = schema.get("additionalProperties");
    let is_closed = others == Some(&Value::Bool(false));
    let is_open = others.is_some() && !is_closed || schema.contains_key("patternProperties");
    let none = Map::new();
    let members = match schema.get("properties") {
        Some(members) => members.as_object()?,
        None if is_closed => &none,
        None => return None,
    };
    if schema.get("type")? != "object" || is_composed(schema) || input.is_nullable || is_open {
        return None;
    }
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|names| names.iter().any(|it| it == name));
    let field = |(name, schema): (&String, &Value)| {
        let resolved = resolve(root, schema, MAX_REFERENCES).unwrap_or_default();
        let is_optional = !is_required(name);
        Field {
            label: name.clone(),
            pointer: format!("/input{}", pointer_to(name)),
            description: text(&resolved.schema, "description").to_owned(),
            is_optional,
            control: control(&resolved, is_optional),
        }
    };
    let mut fields: Vec<_> = members.iter().map(field).collect();
    fields.sort_by_key(|field| field.is_optional);
    Some(fields)
}

/// A schema with what it refers to.
#[derive(Debug, Default)]
struct Resolved {
    schema: Map<String, Value>,
    /// Whether its value may be null, too.
    is_nullable: bool,
}

/// Follows references, and takes `null` out of the alternatives. The schema's own keywords take precedence over those that it refers to.
fn resolve(root: &Value, schema: &Value, depth: usize) -> Option<Resolved> {
    let own = schema.as_object()?;
    let nullable = ["anyOf", "oneOf"].into_iter().find_map(|keyword| {
        let [one, other] = own.get(keyword)?.as_array()?.as_slice() else {
            return None;
        };
        let is_null = |schema: &Value| schema.get("type").is_some_and(|name| name == "null");
        match (is_null(one), is_null(other)) {
            (false, true) => Some((keyword, one)),
            (true, false) => Some((keyword, other)),
            _ => None,
        }
    });
    let reference = own.get("$ref").and_then(Value::as_str);
    let target = match (reference, nullable) {
        (Some(reference), _) => Some(root.pointer(reference.strip_prefix('#')?)?),
        (None, Some((_, schema))) => Some(schema),
        (None, None) => None,
    };
    let mut resolved = match target {
        Some(target) => resolve(root, target, depth.checked_sub(1)?)?,
        None => Resolved::default(),
    };
    let replaced = nullable.map_or("$ref", |(keyword, _)| keyword);
    let own = own.iter().filter(|(keyword, _)| *keyword != replaced);
    resolved
        .schema
        .extend(own.map(|(keyword, value)| (keyword.clone(), value.clone())));
    resolved.is_nullable |= nullable.is_some();
    if let Some(name) = resolved.schema.get("type").and_then(type_or_null) {
        resolved.is_nullable = true;
        resolved.schema.insert("type".to_owned(), name);
    }
    Some(resolved)
}

/// The type, if `types` is a list of it and `null`.
fn type_or_null(types: &Value) -> Option<Value> {
    match types.as_array()?.as_slice() {
        [name, null] | [null, name] if null == "null" => Some(name.clone()),
        _ => None,
    }
}

fn control(resolved: &Resolved, is_optional: bool) -> Control {
    let schema = &resolved.schema;
    let default = schema.get("default").filter(|default| !default.is_null());
    let json = || Control::Json(default.map(pretty).unwrap_or_default());
    // An empty field is left out, and cannot say null.
    if resolved.is_nullable && !is_optional {
        return json();
    }
    let forms = schema.get("anyOf").and_then(Value::as_array);
    if forms.is_some_and(|forms| forms.iter().any(|form| form.get(UPLOAD_MARK).is_some())) {
        return Control::Attachment;
    }
    if let Some(choices) = choices(schema) {
        return Control::Choice(choices, default.cloned());
    }
    if is_composed(schema) {
        return json();
    }
    let shown = || match default {
        Some(Value::String(text)) => text.clone(),
        Some(other) => plain(other),
        None => String::new(),
    };
    match (text(schema, "type"), default) {
        ("string", None | Some(Value::String(_))) => match text(schema, "format") {
            "date" => Control::Line("date", shown()),
            // A time of the schema is not one of the reader's time zone.
            "date-time" if default.is_none() => Control::Line("datetime-local", String::new()),
            "email" => Control::Line("email", shown()),
            "uri" => Control::Line("url", shown()),
            "" if !is_line(schema) => Control::Text(shown()),
            _ => Control::Line("text", shown()),
        },
        (kind @ ("integer" | "number"), None | Some(Value::Number(_))) => {
            let step = if kind == "integer" { "1" } else { "any" };
            let limits = ["minimum", "maximum"].map(|limit| schema.get(limit).map(plain));
            Control::Number(step, limits, shown())
        }
        ("boolean", Some(Value::Bool(is_checked))) => Control::Check(*is_checked),
        ("boolean", None) if !is_optional => Control::Check(false),
        ("boolean", None) => {
            let choice = |value: bool| Choice {
                value: value.into(),
                description: String::new(),
            };
            Control::Choice(vec![choice(true), choice(false)], None)
        }
        _ => json(),
    }
}

/// The values of an enum, if there are no others.
fn choices(schema: &Map<String, Value>) -> Option<Vec<Choice>> {
    let of_one = |schema: &Map<String, Value>| {
        let values = match (schema.get("const"), schema.get("enum")) {
            (Some(value), None) => vec![value.clone()],
            (None, Some(Value::Array(values))) => values.clone(),
            _ => return None,
        };
        let description = text(schema, "description");
        let choices = values.into_iter().filter(|value| !value.is_null());
        let choices = choices.map(|value| Choice {
            value,
            description: description.to_owned(),
        });
        Some(choices.collect::<Vec<_>>())
    };
    if let Some(mut choices) = of_one(schema) {
        // The description is that of the field.
        for choice in &mut choices {
            choice.description.clear();
        }
        return Some(choices);
    }
    let forms = schema.get("oneOf").or(schema.get("anyOf"))?.as_array()?;
    let choices: Option<Vec<_>> = forms.iter().map(|form| of_one(form.as_object()?)).collect();
    choices.map(|choices| choices.into_iter().flatten().collect())
}

fn is_composed(schema: &Map<String, Value>) -> bool {
    COMPOSED.iter().any(|keyword| schema.contains_key(*keyword))
}

/// Whether text is short. Without a limit it may be long, unless it must match a pattern.
fn is_line(schema: &Map<String, Value>) -> bool {
    let most = schema.get("maxLength").and_then(Value::as_u64);
    most.map_or(schema.contains_key("pattern"), |most| {
        most <= MAX_LINE_CHARS
    })
}

fn text<'a>(schema: &'a Map<String, Value>, keyword: &str) -> &'a str {
    schema
        .get(keyword)
        .and_then(Value::as_str)
        .unwrap_or_default()
}

/// A value as people write it: `0`, not `0.0`.
fn plain(value: &Value) -> String {
    let written = value.to_string();
    match written.strip_suffix(".0") {
        Some(whole) => whole.to_owned(),
        None => written,
    }
}

fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

#[cfg(test)]
mod tests;
