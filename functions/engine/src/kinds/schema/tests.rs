//! Each limit at its border.
//!
//! Over 300 lines: one short test for each keyword of a schema.

use super::super::input_schema::InputSchema;
use super::super::limits::{patterns, unenforced};
use super::*;
use serde_json::json;

fn found(schema: &Value, value: &Value) -> Vec<(String, String)> {
    let errors = errors_of(&InputSchema::of(schema.clone()), value).into_iter();
    errors.map(|error| (error.pointer, error.detail)).collect()
}

fn errors_of(schema: &InputSchema, value: &Value) -> Vec<Invalid> {
    schema.check(value).err().unwrap_or_default()
}

/// Asserts the one error of `value` against `schema`.
fn refuses(schema: &Value, value: &Value, detail: &str) {
    assert_eq!(
        found(schema, value),
        [(String::new(), detail.to_owned())],
        "{schema} {value}"
    );
}

fn accepts(schema: &Value, value: &Value) {
    assert_eq!(found(schema, value), [], "{schema} {value}");
}

#[test]
fn each_limit_is_enforced_at_its_border() {
    accepts(&json!({"minLength": 2, "maxLength": 3}), &json!("éé"));
    refuses(
        &json!({"minLength": 2}),
        &json!("é"),
        "must have at least 2 characters",
    );
    refuses(
        &json!({"minLength": 1}),
        &json!(""),
        "must have at least 1 character",
    );
    refuses(
        &json!({"maxLength": 3}),
        &json!("abcd"),
        "must not exceed 3 characters",
    );
    accepts(&json!({"minimum": 1, "maximum": 2}), &json!(2));
    refuses(&json!({"minimum": 1}), &json!(0.5), "must be at least 1");
    refuses(&json!({"maximum": 2}), &json!(3), "must not exceed 2");
    accepts(
        &json!({"exclusiveMinimum": 1, "exclusiveMaximum": 2}),
        &json!(1.5),
    );
    refuses(
        &json!({"exclusiveMinimum": 1}),
        &json!(1),
        "must be greater than 1",
    );
    refuses(
        &json!({"exclusiveMaximum": 2}),
        &json!(2),
        "must be less than 2",
    );
    accepts(&json!({"multipleOf": 5}), &json!(10));
    accepts(&json!({"multipleOf": 0.1}), &json!(0.3));
    accepts(&json!({"multipleOf": 0.01}), &json!(19.99));
    refuses(
        &json!({"multipleOf": 0.01}),
        &json!(19.995),
        "must be a multiple of 0.01",
    );
    refuses(
        &json!({"multipleOf": 5}),
        &json!(12),
        "must be a multiple of 5",
    );
    accepts(&json!({"minItems": 1, "maxItems": 2}), &json!([1]));
    refuses(
        &json!({"minItems": 1}),
        &json!([]),
        "must have at least 1 item",
    );
    refuses(
        &json!({"maxItems": 2}),
        &json!([1, 2, 3]),
        "must not exceed 2 items",
    );
    accepts(&json!({"uniqueItems": true}), &json!([1, "1"]));
    refuses(
        &json!({"uniqueItems": true}),
        &json!([1, 1]),
        "must not contain an item twice",
    );
    refuses(
        &json!({"minProperties": 1}),
        &json!({}),
        "must have at least 1 member",
    );
    refuses(
        &json!({"maxProperties": 1}),
        &json!({"a": 1, "b": 1}),
        "must not exceed 1 member",
    );
    accepts(&json!({"pattern": "^[a-z]+$"}), &json!("abc"));
    refuses(
        &json!({"pattern": "^[a-z]+$"}),
        &json!("Abc"),
        "must match the pattern ^[a-z]+$",
    );
    accepts(&json!({"enum": ["a", 1]}), &json!(1));
    refuses(
        &json!({"enum": ["a", 1]}),
        &json!(2),
        "must be one of \"a\", 1",
    );
    refuses(&json!({"const": "a"}), &json!("b"), "must be \"a\"");
    refuses(
        &json!({"not": {"type": "string"}}),
        &json!("b"),
        "is not allowed",
    );
    refuses(&json!(false), &json!(1), "is not allowed");
}

#[test]
fn a_wrong_type_is_the_only_error_of_its_value_and_speaks_json() {
    refuses(
        &json!({"type": "number", "format": "double"}),
        &json!("x"),
        "must be a number",
    );
    refuses(
        &json!({"type": "integer", "minimum": 1}),
        &json!(0.5),
        "must be an integer",
    );
    refuses(
        &json!({"type": ["string", "null"], "minLength": 1}),
        &json!(1),
        "must be a string or null",
    );
    accepts(&json!({"type": "integer"}), &json!(2.0));
    accepts(&json!({"type": "boolean"}), &json!(true));
}

#[test]
fn formats_of_rusts_integers_are_ranges() {
    accepts(
        &json!({"type": "integer", "format": "uint32"}),
        &json!(4_294_967_295_u32),
    );
    refuses(
        &json!({"format": "uint32"}),
        &json!(4_294_967_296_u64),
        "must not exceed 4294967295",
    );
    refuses(
        &json!({"format": "int8"}),
        &json!(-129),
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
        accepts(&json!({ "format": format }), &json!(good));
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

/// Asserts all errors of `value` against `schema`.
fn refuses_at(schema: &Value, value: &Value, errors: &[(&str, &str)]) {
    let expected = errors
        .iter()
        .map(|(pointer, detail)| ((*pointer).to_owned(), (*detail).to_owned()));
    assert_eq!(
        found(schema, value),
        expected.collect::<Vec<_>>(),
        "{schema} {value}"
    );
}

#[test]
fn of_a_value_or_null_the_errors_are_those_of_the_value() {
    let optional = json!({"anyOf": [{"type": "object", "required": ["a", "b"]}, {"type": "null"}]});
    accepts(&optional, &json!(null));
    refuses_at(
        &optional,
        &json!({}),
        &[("/a", "is missing"), ("/b", "is missing")],
    );
    refuses(&optional, &json!(1), "must be an object or null");
    let either = json!({"anyOf": [{"type": "number"}, {"type": "boolean"}]});
    refuses(&either, &json!("x"), "must be a number or a boolean");
}

#[test]
fn of_alternatives_without_a_mark_the_one_with_the_fewest_errors_explains_the_value() {
    let needs = |members: Value| json!({"type": "object", "required": members});
    let (few, many) = (needs(json!(["a"])), needs(json!(["b", "c"])));
    for schema in [json!({"anyOf": [few, many]}), json!({"anyOf": [many, few]})] {
        refuses_at(&schema, &json!({}), &[("/a", "is missing")]);
        accepts(&schema, &json!({"b": 1, "c": 1}));
    }
}

#[test]
fn of_an_enum_with_a_tag_the_errors_are_those_of_the_variant_that_it_names() {
    let variant = |name: &str, of: Value| json!({"type": "object", "properties": {"op": {"const": name}, "of": of}, "required": ["op", "of"]});
    let schema = json!({"oneOf": [
        variant("not", json!({"type": "number"})),
        variant("sum", json!({"type": "array", "items": {"type": "number"}})),
    ]});
    accepts(&schema, &json!({"op": "sum", "of": [1]}));
    let or_anything =
        json!({"anyOf": [schema["oneOf"][1], {"type": "object", "minProperties": 2}]});
    accepts(&or_anything, &json!({"op": "sum", "of": "x"}));
    let must_be_an_array = [("/of", "must be an array")];
    refuses_at(&schema, &json!({"op": "sum", "of": "x"}), &must_be_an_array);
    refuses_at(
        &schema,
        &json!({"op": "sum", "of": ["x", "y"]}),
        &[("/of/0", "must be a number"), ("/of/1", "must be a number")],
    );
    let choices = "must be one of \"not\", \"sum\"";
    refuses_at(&schema, &json!({"op": "x", "of": 1}), &[("/op", choices)]);
    refuses_at(&schema, &json!({"of": 1}), &[("/op", "is missing")]);
    refuses(&schema, &json!(1), "must be an object");
}

#[test]
fn of_an_enum_without_a_tag_the_errors_are_those_of_the_variant_whose_name_is_its_member() {
    let variant = |name: &str| {
        let size = json!({"type": "object", "properties": {"size": {"minimum": 1}}});
        json!({"type": "object", "properties": {name: size}, "required": [name], "additionalProperties": false})
    };
    let schema = json!({"oneOf": [{"type": "string", "const": "Point"}, variant("Square"), variant("Circle")]});
    accepts(&schema, &json!("Point"));
    accepts(&schema, &json!({"Circle": {"size": 1}}));
    let too_small = [("/Circle/size", "must be at least 1")];
    refuses_at(&schema, &json!({"Circle": {"size": 0}}), &too_small);
    let any = "must be \"Point\", or must be an object with one of the members Square, Circle";
    refuses(&schema, &json!({"Line": {}}), any);
    refuses(&schema, &json!("Line"), any);
    refuses(
        &json!({"oneOf": [{"const": "a"}, {"enum": ["b", "c"]}]}),
        &json!("d"),
        "must be one of \"a\", \"b\", \"c\"",
    );
}

#[test]
fn what_is_not_enforced_is_named() {
    let schema = json!({
        "type": "object",
        "patternProperties": {},
        "properties": {"a": {"format": "hostname"}, "b": {"pattern": "("}, "c": {"items": {"contains": {}}}},
        "anyOf": [{"contains": {}}, {"format": "uri", "pattern": "^a$"}],
    });
    assert_eq!(
        unenforced(&schema),
        [
            "/anyOf/0/contains",
            "/patternProperties",
            "/properties/a/format: \"hostname\"",
            "/properties/b/pattern: \"(\"",
            "/properties/c/items/contains",
        ]
    );
    assert_eq!(patterns(&schema).collect::<Vec<_>>(), ["^a$", "("]);
}

#[test]
fn a_value_with_a_hundred_thousand_errors_is_cheap_to_refuse() {
    let value = Value::Array(vec![json!("x"); 100_000]);
    let schema = json!({"items": {"type": "number"}});
    let errors = errors_of(&InputSchema::of(schema), &value);
    assert_eq!(errors.len(), MAX_ERRORS);
}

#[test]
fn a_long_name_of_a_member_is_not_repeated_with_each_error() {
    let value = json!({ "x".repeat(500_000): vec!["wrong"; 100_000] });
    let schema = json!({"additionalProperties": {"items": {"type": "number"}}});
    let errors = errors_of(&InputSchema::of(schema), &value);
    assert_eq!(errors.len(), MAX_ERRORS);
    assert!(errors.iter().all(|error| error.pointer.len() < 1_000));
}

#[test]
fn a_nested_enum_is_checked_in_a_time_that_does_not_double_with_each_level() {
    let variant = |name: &str| {
        json!({
            "type": "object",
            "properties": {"op": {"const": name}, "of": {"$ref": "#/$defs/Expression"}},
            "required": ["op"],
        })
    };
    let schema = json!({
        "$ref": "#/$defs/Expression",
        "$defs": {"Expression": {"oneOf": [variant("not"), variant("minus"), variant("sum")]}},
    });
    let nested = |innermost: &str| {
        (0..60).fold(
            json!({ "op": innermost }),
            |inner, _| json!({"op": "sum", "of": inner}),
        )
    };
    accepts(&schema, &nested("minus"));
    let pointer = format!("{}/op", "/of".repeat(60));
    let detail = "must be one of \"not\", \"minus\", \"sum\"";
    refuses_at(&schema, &nested("plus"), &[(&pointer, detail)]);
}

#[test]
fn what_would_take_too_long_to_check_is_refused() {
    let variant = json!({"type": "object", "properties": {"of": {"$ref": "#/$defs/Tree"}}, "required": ["leaf"]});
    let schema = json!({
        "$ref": "#/$defs/Tree",
        "$defs": {"Tree": {"anyOf": [variant.clone(), variant]}},
    });
    let value = (0..60).fold(json!({}), |inner, _| json!({ "of": inner }));
    let errors = InputSchema::of(schema)
        .check_within(&value, 1_000)
        .unwrap_err();
    let detail = "is too complex: its check takes more than 1000 comparisons";
    assert_eq!(errors, [Invalid::new("", detail)]);
    let leaves = Value::Array(vec![json!(1); 999]);
    let schema = InputSchema::of(json!({"items": {"type": "number"}}));
    assert_eq!(schema.check_within(&leaves, 1_000), Ok(Vec::new()));
    assert_eq!(schema.check_within(&leaves, 999).unwrap_err().len(), 1);
}

#[test]
fn the_member_of_a_single_keyed_variant_is_named_and_any_value_fits_an_empty_schema() {
    let keyed = json!({
        "type": "object",
        "properties": {"upload": {"type": "string"}},
        "required": ["upload"],
        "additionalProperties": false,
    });
    let text = json!({"type": "string"});
    refuses(
        &json!({"anyOf": [text, keyed]}),
        &json!(1),
        "must be an object with the member upload, or must be a string",
    );
    accepts(&json!({"anyOf": [{"type": "string"}, {}]}), &json!(1));
    // Not all members are required, so the member is no mark: only a check can tell.
    let optional = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
    accepts(&json!({"anyOf": [text, optional]}), &json!({}));
}
