use super::*;
use engine::Attachment;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

/// A member of each kind.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is of interest")]
struct Everything {
    /// Its letters.
    text: String,
    #[schemars(length(max = 200))]
    line: String,
    maybe_number: Option<f32>,
    #[schemars(range(min = 1, max = 9))]
    whole: u32,
    #[serde(default)]
    flag: bool,
    maybe_flag: Option<bool>,
    color: Color,
    maybe_color: Option<Color>,
    #[serde(default)]
    mode: Mode,
    file: Attachment,
    /// May be empty.
    maybe_file: Option<Attachment>,
    list: Vec<u8>,
    nested: Nested,
    union: Union,
    #[serde(rename = "a/b~c")]
    odd: char,
}

#[derive(Deserialize, JsonSchema)]
enum Color {
    Red,
    Green,
}

#[derive(Default, Deserialize, JsonSchema, serde::Serialize)]
enum Mode {
    /// At once.
    #[default]
    Fast,
    /// With care.
    Slow,
}

#[derive(Deserialize, JsonSchema)]
#[expect(dead_code, reason = "only its schema is of interest")]
struct Nested {
    x: u8,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is of interest")]
enum Union {
    One(u8),
    Two(String),
}

/// A list.
#[derive(Deserialize, JsonSchema)]
#[schemars(example = json!([1, 2]))]
#[expect(dead_code, reason = "only its schema is of interest")]
struct Listed(Vec<u8>);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Nothing {}

fn fields_of<T: JsonSchema>() -> Vec<Field> {
    fields(schemars::schema_for!(T).as_value())
}

#[test]
fn a_member_has_the_control_of_its_type() {
    let choice = |value: &str, description: &str| Choice {
        value: json!(value),
        description: description.to_owned(),
    };
    let colors = || vec![choice("Red", ""), choice("Green", "")];
    let modes = vec![choice("Fast", "At once."), choice("Slow", "With care.")];
    let number = |least: &str, most: &str| [least, most].map(|it| Some(it.to_owned()));
    let truths = [true, false].map(|value| Choice {
        value: json!(value),
        description: String::new(),
    });
    let empty = String::new;
    let mut expected = vec![
        ("/text", false, Control::Text(empty())),
        ("/line", false, Control::Line("text", empty())),
        (
            "/maybe_number",
            true,
            Control::Number("any", [None, None], empty()),
        ),
        (
            "/whole",
            false,
            Control::Number("1", number("1", "9"), empty()),
        ),
        ("/flag", true, Control::Check(false)),
        ("/maybe_flag", true, Control::Choice(truths.into(), None)),
        ("/color", false, Control::Choice(colors(), None)),
        ("/maybe_color", true, Control::Choice(colors(), None)),
        ("/mode", true, Control::Choice(modes, Some(json!("Fast")))),
        ("/file", false, Control::Attachment),
        ("/maybe_file", true, Control::Attachment),
        ("/list", false, Control::Json(empty())),
        ("/nested", false, Control::Json(empty())),
        ("/union", false, Control::Json(empty())),
        ("/a~1b~0c", false, Control::Line("text", empty())),
    ];
    let mut found = fields_of::<Everything>();
    expected.sort_by_key(|(pointer, is_optional, _)| (*is_optional, *pointer));
    found.sort_by(|a, b| (a.is_optional, &a.pointer).cmp(&(b.is_optional, &b.pointer)));

    for (field, (pointer, is_optional, control)) in found.iter().zip(&expected) {
        assert_eq!(field.pointer, format!("/input{pointer}"));
        assert_eq!(field.is_optional, *is_optional, "{pointer}");
        assert_eq!(field.control, *control, "{pointer}");
    }
    assert_eq!(found.len(), expected.len());
    let of = |label: &str| found.iter().find(|field| field.label == label).unwrap();
    assert_eq!(of("text").description, "Its letters.");
    // The member's own, not that of its type.
    assert_eq!(of("maybe_file").description, "May be empty.");
}

#[test]
fn required_members_come_first() {
    let found = fields_of::<Everything>();
    assert!(found.is_sorted_by_key(|field| field.is_optional));
}

#[test]
fn an_input_that_is_not_an_object_of_members_is_one_field() {
    let [whole] = &fields_of::<Listed>()[..] else {
        panic!("more than one field")
    };
    assert_eq!(
        (whole.pointer.as_str(), whole.is_optional),
        ("/input", false)
    );
    assert_eq!(whole.control, Control::Json("[\n  1,\n  2\n]".to_owned()));
    assert_eq!(fields_of::<Nothing>(), []);
    for schema in [
        json!(true),
        json!({"type": "object", "additionalProperties": {"type": "string"}}),
        json!({"type": "object", "properties": {"a": {}}, "oneOf": [{"required": ["a"]}]}),
        json!({"$ref": "#"}),
        json!({"$ref": "https://example.com/schema"}),
    ] {
        assert_eq!(fields(&schema)[0].pointer, "/input", "{schema}");
    }
}

#[test]
fn what_an_empty_field_cannot_say_is_json() {
    let schema = json!({
        "type": "object",
        "properties": {
            "null": {"type": ["integer", "null"]},
            "any": true,
            "texts": {"type": "string", "default": 3},
            "loop": {"$ref": "#/properties/loop"},
        },
        "required": ["null", "any", "texts", "loop"],
    });
    let controls: Vec<_> = fields(&schema)
        .into_iter()
        .map(|field| field.control)
        .collect();
    let json = |text: &str| Control::Json(text.to_owned());
    assert_eq!(controls, [json(""), json(""), json(""), json("3")]);
}

#[test]
fn a_default_is_what_the_field_begins_with() {
    let schema = json!({
        "type": "object",
        "properties": {
            "a": {"type": "number", "default": 2.0, "minimum": 0.5},
            "b": {"type": "string", "default": "<x>\n", "maxLength": 5},
            "c": {"type": "boolean", "default": true},
            "d": {"type": "array", "default": [1]},
            "e": {"type": ["string", "null"], "default": null, "format": "uri"},
        },
    });
    let controls: Vec<_> = fields(&schema)
        .into_iter()
        .map(|field| field.control)
        .collect();
    assert_eq!(
        controls,
        [
            Control::Number("any", [Some("0.5".to_owned()), None], "2".to_owned()),
            Control::Line("text", "<x>\n".to_owned()),
            Control::Check(true),
            Control::Json("[\n  1\n]".to_owned()),
            Control::Line("url", String::new()),
        ]
    );
}
