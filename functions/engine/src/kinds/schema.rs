//! Checks of an input against the JSON Schema that the service publishes for it: every limit in the schema is enforced.
//!
//! A validator for all of JSON Schema (the `jsonschema` crate) would make `submit` larger by a multiple of its own code. The schemas come from
//! `schemars`, which uses few keywords; [`unenforced`] lists the others, and a test of the kinds requires that the list is empty.
//!
//! Source: <https://json-schema.org/draft/2020-12/json-schema-validation>.

use serde_json::{Map, Value};

use super::format::{Format, is_format};
use super::pointer::pointer_to;
use crate::Invalid;

/// Maximum number of errors that a check collects.
const MAX_ERRORS: usize = 1_000;

/// Keywords that [`Check::value`] enforces, and annotations that it ignores.
const KNOWN: &[&str] = &[
    "$defs",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "deprecated",
    "description",
    "enum",
    "examples",
    "exclusiveMaximum",
    "exclusiveMinimum",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maxProperties",
    "maximum",
    "minItems",
    "minLength",
    "minProperties",
    "minimum",
    "multipleOf",
    "not",
    "oneOf",
    "pattern",
    "prefixItems",
    "properties",
    "readOnly",
    "required",
    "title",
    "type",
    "uniqueItems",
    "writeOnly",
];

/// Returns the errors of `value` against the schema `root`.
pub(super) fn errors(root: &Value, value: &Value) -> Vec<Invalid> {
    let mut check = Check {
        root,
        errors: Vec::new(),
    };
    check.value(root, value, "");
    check.errors
}

/// Returns the places in `schema` whose limits [`errors`] does not enforce.
pub(crate) fn unenforced(schema: &Value) -> Vec<String> {
    let mut found = Vec::new();
    look(schema, "", &mut found);
    found
}

/// Whether a schema has limits that reading a value as its Rust type does not enforce.
pub(super) fn has_limits(schema: &Value) -> bool {
    const LIMITS: &[&str] = &[
        "exclusiveMaximum",
        "exclusiveMinimum",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "not",
        "pattern",
        "uniqueItems",
    ];
    match schema {
        Value::Object(members) => members.iter().any(|(keyword, value)| {
            let is_text_format = || {
                keyword == "format"
                    && value
                        .as_str()
                        .and_then(Format::of)
                        .is_some_and(Format::is_of_text)
            };
            LIMITS.contains(&keyword.as_str()) || is_text_format() || has_limits(value)
        }),
        Value::Array(schemas) => schemas.iter().any(has_limits),
        _ => false,
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
            "pattern" if value.as_str().and_then(compiled).is_none() => {
                found.push(format!("{here}: {value}"));
            }
            known if KNOWN.contains(&known) || known.starts_with("x-") => {}
            _ => found.push(here),
        }
    }
}

fn compiled(pattern: &str) -> Option<regex_lite::Regex> {
    regex_lite::Regex::new(pattern).ok()
}

struct Check<'a> {
    root: &'a Value,
    errors: Vec<Invalid>,
}

impl<'a> Check<'a> {
    fn wrong(&mut self, at: &str, detail: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(Invalid {
                pointer: at.to_owned(),
                detail: detail.into(),
            });
        }
    }

    /// The errors of `value` at `at` against one schema alone.
    fn alone(&self, schema: &'a Value, value: &Value, at: &str) -> Vec<Invalid> {
        let mut check = Check {
            root: self.root,
            errors: Vec::new(),
        };
        check.value(schema, value, at);
        check.errors
    }

    fn value(&mut self, schema: &'a Value, value: &Value, at: &str) {
        let Value::Object(schema) = schema else {
            if *schema == Value::Bool(false) {
                self.wrong(at, "is not allowed");
            }
            return;
        };
        if let Some(target) = schema.get("$ref").and_then(Value::as_str)
            && let Some(target) = self.root.pointer(target.trim_start_matches('#'))
        {
            self.value(target, value, at);
        }
        let types = types(schema);
        if !types.is_empty() && !types.iter().any(|name| is_type(name, value)) {
            self.wrong(at, format!("must be {}", spoken(&types)));
            // Its limits speak of another type.
            return;
        }
        self.choices(schema, value, at);
        match value {
            Value::String(text) => self.text(schema, text, at),
            Value::Number(_) => self.number(schema, value, at),
            Value::Array(items) => self.array(schema, items, at),
            Value::Object(members) => self.object(schema, members, at),
            Value::Null | Value::Bool(_) => {}
        }
        for schema in list(schema, "allOf") {
            self.value(schema, value, at);
        }
        for keyword in ["anyOf", "oneOf"] {
            self.alternatives(list(schema, keyword), value, at);
        }
        if let Some(refused) = schema.get("not")
            && self.alone(refused, value, at).is_empty()
        {
            self.wrong(at, "is not allowed");
        }
    }

    fn choices(&mut self, schema: &Map<String, Value>, value: &Value, at: &str) {
        if let Some(only) = schema.get("const")
            && only != value
        {
            self.wrong(at, format!("must be {only}"));
        }
        if let Some(choices) = schema.get("enum").and_then(Value::as_array)
            && !choices.contains(value)
        {
            let choices: Vec<_> = choices.iter().map(Value::to_string).collect();
            self.wrong(at, format!("must be one of {}", choices.join(", ")));
        }
    }

    /// Exactly one alternative of an enum of Rust fits, so `oneOf` is the same as `anyOf`. If none fits, the errors are those of the
    /// alternative that `value` comes closest to.
    fn alternatives(&mut self, schemas: &'a [Value], value: &Value, at: &str) {
        let mut closest: Option<Vec<Invalid>> = None;
        for schema in schemas {
            let errors = self.alone(schema, value, at);
            if errors.is_empty() {
                return;
            }
            let rank =
                |errors: &[Invalid]| (errors.iter().any(|error| error.pointer == at), errors.len());
            if closest
                .as_deref()
                .is_none_or(|closest| rank(&errors) < rank(closest))
            {
                closest = Some(errors);
            }
        }
        match closest {
            Some(errors) if schemas.len() > 1 && errors.iter().any(|error| error.pointer == at) => {
                self.wrong(at, alternatives(schemas));
            }
            Some(errors) => {
                for error in errors {
                    self.wrong(&error.pointer, error.detail);
                }
            }
            None => {}
        }
    }

    fn text(&mut self, schema: &Map<String, Value>, text: &str, at: &str) {
        let (least, most) = (number(schema, "minLength"), number(schema, "maxLength"));
        if least.is_some() || most.is_some() {
            self.size(text.chars().count(), (least, most), "character", at);
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
            && compiled(pattern).is_some_and(|pattern| !pattern.is_match(text))
        {
            self.wrong(at, format!("must match the pattern {pattern}"));
        }
        if let Some(format) = schema.get("format").and_then(Value::as_str)
            && let Some(format) = Format::of(format)
            && !is_format(format, text)
        {
            self.wrong(at, format!("must be {}", format.spoken()));
        }
    }

    fn size(
        &mut self,
        size: usize,
        (least, most): (Option<f64>, Option<f64>),
        unit: &str,
        at: &str,
    ) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "an input has fewer than 2^52 characters"
        )]
        let size = size as f64;
        let units = |count: f64| {
            if count == 1.0 {
                unit.to_owned()
            } else {
                format!("{unit}s")
            }
        };
        if let Some(least) = least.filter(|least| size < *least) {
            self.wrong(at, format!("must have at least {least} {}", units(least)));
        }
        if let Some(most) = most.filter(|most| size > *most) {
            self.wrong(at, format!("must not exceed {most} {}", units(most)));
        }
    }

    fn number(&mut self, schema: &Map<String, Value>, value: &Value, at: &str) {
        let Some(size) = value.as_f64() else { return };
        let formatted = schema
            .get("format")
            .and_then(Value::as_str)
            .and_then(Format::of);
        let range = formatted.and_then(|format| format.range());
        let least = number(schema, "minimum").or(range.map(|(least, _)| least));
        if let Some(least) = least.filter(|least| size < *least) {
            self.wrong(at, format!("must be at least {least}"));
        }
        let most = number(schema, "maximum").or(range.map(|(_, most)| most));
        if let Some(most) = most.filter(|most| size > *most) {
            self.wrong(at, format!("must not exceed {most}"));
        }
        if let Some(least) = number(schema, "exclusiveMinimum").filter(|least| size <= *least) {
            self.wrong(at, format!("must be greater than {least}"));
        }
        if let Some(most) = number(schema, "exclusiveMaximum").filter(|most| size >= *most) {
            self.wrong(at, format!("must be less than {most}"));
        }
        if let Some(of) = number(schema, "multipleOf").filter(|of| (size / of).fract() != 0.0) {
            self.wrong(at, format!("must be a multiple of {of}"));
        }
    }

    fn array(&mut self, schema: &'a Map<String, Value>, items: &[Value], at: &str) {
        let limits = (number(schema, "minItems"), number(schema, "maxItems"));
        self.size(items.len(), limits, "item", at);
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut seen = std::collections::HashSet::new();
            if !items.iter().all(|item| seen.insert(item.to_string())) {
                self.wrong(at, "must not contain an item twice");
            }
        }
        let first = list(schema, "prefixItems");
        for (index, item) in items.iter().enumerate() {
            if let Some(schema) = first.get(index).or_else(|| schema.get("items")) {
                self.value(schema, item, &format!("{at}/{index}"));
            }
        }
    }

    fn object(&mut self, schema: &'a Map<String, Value>, members: &Map<String, Value>, at: &str) {
        let limits = (
            number(schema, "minProperties"),
            number(schema, "maxProperties"),
        );
        self.size(members.len(), limits, "member", at);
        for name in list(schema, "required").iter().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                self.wrong(&format!("{at}{}", pointer_to(name)), "is missing");
            }
        }
        let known = schema.get("properties").and_then(Value::as_object);
        for (name, value) in members {
            let at = format!("{at}{}", pointer_to(name));
            match (
                known.and_then(|known| known.get(name)),
                schema.get("additionalProperties"),
            ) {
                (Some(schema), _) => self.value(schema, value, &at),
                (None, Some(Value::Bool(false))) => self.wrong(&at, "is not a known member"),
                (None, Some(schema)) => self.value(schema, value, &at),
                (None, None) => {}
            }
        }
    }
}

fn list<'a>(schema: &'a Map<String, Value>, keyword: &str) -> &'a [Value] {
    let values = schema.get(keyword).and_then(Value::as_array);
    values.map_or(&[], Vec::as_slice)
}

fn number(schema: &Map<String, Value>, keyword: &str) -> Option<f64> {
    schema.get(keyword)?.as_f64()
}

/// The values of `type`: none means any.
fn types(schema: &Map<String, Value>) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_type(name: &str, value: &Value) -> bool {
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
fn spoken(types: &[&str]) -> String {
    let spoken = types.iter().map(|name| match *name {
        "null" => "null".to_owned(),
        "integer" | "array" | "object" => format!("an {name}"),
        name => format!("a {name}"),
    });
    spoken.collect::<Vec<_>>().join(" or ")
}

/// The error of a value that fits none of these schemas: their constants, or a general one.
fn alternatives(schemas: &[Value]) -> String {
    let constants: Option<Vec<_>> = schemas
        .iter()
        .map(|schema| match (schema.get("const"), schema.get("enum")) {
            (Some(only), _) => Some(vec![only.to_string()]),
            (None, Some(Value::Array(choices))) => {
                Some(choices.iter().map(Value::to_string).collect())
            }
            _ => None,
        })
        .collect();
    match constants {
        Some(constants) => format!("must be one of {}", constants.concat().join(", ")),
        None => format!(
            "must match one of the {} alternatives of its schema",
            schemas.len()
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn found(schema: &Value, value: &Value) -> Vec<(String, String)> {
        let errors = errors(schema, value).into_iter();
        errors.map(|error| (error.pointer, error.detail)).collect()
    }

    /// Asserts the one error of `value` against `schema`.
    fn refuses(schema: Value, value: Value, detail: &str) {
        assert_eq!(
            found(&schema, &value),
            [(String::new(), detail.to_owned())],
            "{schema} {value}"
        );
    }

    fn accepts(schema: Value, value: Value) {
        assert_eq!(found(&schema, &value), [], "{schema} {value}");
    }

    #[test]
    fn each_limit_is_enforced_at_its_border() {
        accepts(json!({"minLength": 2, "maxLength": 3}), json!("éé"));
        refuses(
            json!({"minLength": 2}),
            json!("é"),
            "must have at least 2 characters",
        );
        refuses(
            json!({"minLength": 1}),
            json!(""),
            "must have at least 1 character",
        );
        refuses(
            json!({"maxLength": 3}),
            json!("abcd"),
            "must not exceed 3 characters",
        );
        accepts(json!({"minimum": 1, "maximum": 2}), json!(2));
        refuses(json!({"minimum": 1}), json!(0.5), "must be at least 1");
        refuses(json!({"maximum": 2}), json!(3), "must not exceed 2");
        accepts(
            json!({"exclusiveMinimum": 1, "exclusiveMaximum": 2}),
            json!(1.5),
        );
        refuses(
            json!({"exclusiveMinimum": 1}),
            json!(1),
            "must be greater than 1",
        );
        refuses(
            json!({"exclusiveMaximum": 2}),
            json!(2),
            "must be less than 2",
        );
        accepts(json!({"multipleOf": 5}), json!(10));
        refuses(
            json!({"multipleOf": 5}),
            json!(12),
            "must be a multiple of 5",
        );
        accepts(json!({"minItems": 1, "maxItems": 2}), json!([1]));
        refuses(
            json!({"minItems": 1}),
            json!([]),
            "must have at least 1 item",
        );
        refuses(
            json!({"maxItems": 2}),
            json!([1, 2, 3]),
            "must not exceed 2 items",
        );
        accepts(json!({"uniqueItems": true}), json!([1, "1"]));
        refuses(
            json!({"uniqueItems": true}),
            json!([1, 1]),
            "must not contain an item twice",
        );
        refuses(
            json!({"minProperties": 1}),
            json!({}),
            "must have at least 1 member",
        );
        refuses(
            json!({"maxProperties": 1}),
            json!({"a": 1, "b": 1}),
            "must not exceed 1 member",
        );
        accepts(json!({"pattern": "^[a-z]+$"}), json!("abc"));
        refuses(
            json!({"pattern": "^[a-z]+$"}),
            json!("Abc"),
            "must match the pattern ^[a-z]+$",
        );
        accepts(json!({"enum": ["a", 1]}), json!(1));
        refuses(
            json!({"enum": ["a", 1]}),
            json!(2),
            "must be one of \"a\", 1",
        );
        refuses(json!({"const": "a"}), json!("b"), "must be \"a\"");
        refuses(
            json!({"not": {"type": "string"}}),
            json!("b"),
            "is not allowed",
        );
        refuses(json!(false), json!(1), "is not allowed");
    }

    #[test]
    fn a_wrong_type_is_the_only_error_of_its_value_and_speaks_json() {
        refuses(
            json!({"type": "number", "format": "double"}),
            json!("x"),
            "must be a number",
        );
        refuses(
            json!({"type": "integer", "minimum": 1}),
            json!(0.5),
            "must be an integer",
        );
        refuses(
            json!({"type": ["string", "null"], "minLength": 1}),
            json!(1),
            "must be a string or null",
        );
        accepts(json!({"type": "integer"}), json!(2.0));
        accepts(json!({"type": "boolean"}), json!(true));
    }

    #[test]
    fn formats_of_rusts_integers_are_ranges() {
        accepts(
            json!({"type": "integer", "format": "uint32"}),
            json!(4_294_967_295_u32),
        );
        refuses(
            json!({"format": "uint32"}),
            json!(4_294_967_296_u64),
            "must not exceed 4294967295",
        );
        refuses(
            json!({"format": "int8"}),
            json!(-129),
            "must be at least -128",
        );
    }

    #[test]
    fn formats_of_text_are_enforced() {
        for (format, good, bad) in [
            ("date-time", "2026-01-01T10:50:45Z", "2026-01-01"),
            ("email", "a@example.org", "a@b"),
            ("ip", "::1", "1.2.3"),
            ("ipv4", "127.0.0.1", "::1"),
            ("ipv6", "::1", "127.0.0.1"),
            ("uri", "https://example.org/a?b=c", "example.org"),
            ("uuid", "67e55044-10b1-426f-9247-bb680e5fe0c8", "67e55044"),
        ] {
            accepts(json!({ "format": format }), json!(good));
            assert_eq!(
                found(&json!({ "format": format }), &json!(bad)).len(),
                1,
                "{format}"
            );
        }
    }

    #[test]
    fn all_violations_are_found_each_with_its_pointer() {
        let schema = json!({
            "type": "object",
            "required": ["urls", "at/once"],
            "additionalProperties": false,
            "properties": {
                "urls": {"type": "array", "items": {"$ref": "#/$defs/Url"}},
                "at/once": {"type": "integer"},
                "pair": {"prefixItems": [{"type": "string"}, {"type": "number"}]},
            },
            "$defs": {"Url": {"type": "string", "format": "uri"}},
        });
        let value = json!({"urls": ["https://a", "b", 3], "pair": [1, "x"], "m~re": 1});
        assert_eq!(
            found(&schema, &value),
            [
                ("/at~1once", "is missing"),
                ("/m~0re", "is not a known member"),
                ("/pair/0", "must be a string"),
                ("/pair/1", "must be a number"),
                ("/urls/1", "must be an absolute URI"),
                ("/urls/2", "must be a string"),
            ]
            .map(|(pointer, detail)| (pointer.to_owned(), detail.to_owned()))
        );
    }

    #[test]
    fn of_several_alternatives_the_closest_one_explains_the_error() {
        let optional = json!({"anyOf": [{"type": "object", "required": ["a"]}, {"type": "null"}]});
        accepts(optional.clone(), json!(null));
        assert_eq!(
            found(&optional, &json!({})),
            [("/a".to_owned(), "is missing".to_owned())]
        );
        refuses(
            json!({"oneOf": [{"const": "a"}, {"enum": ["b", "c"]}]}),
            json!("d"),
            "must be one of \"a\", \"b\", \"c\"",
        );
    }

    #[test]
    fn what_is_not_enforced_is_named() {
        let schema = json!({
            "type": "object",
            "patternProperties": {},
            "properties": {"a": {"format": "hostname"}, "b": {"pattern": "("}, "c": {"items": {"contains": {}}}},
        });
        assert_eq!(
            unenforced(&schema),
            [
                "/patternProperties",
                "/properties/a/format: \"hostname\"",
                "/properties/b/pattern: \"(\"",
                "/properties/c/items/contains",
            ]
        );
    }

    #[test]
    fn a_value_with_a_hundred_thousand_errors_is_cheap_to_refuse() {
        let value = Value::Array(vec![json!("x"); 100_000]);
        let errors = errors(&json!({"items": {"type": "number"}}), &value);
        assert_eq!(errors.len(), MAX_ERRORS);
    }
}
