//! Reads a CloudFormation template as JSON, short forms written out (`!Ref Jobs` becomes `{"Ref": "Jobs"}`).

use std::collections::BTreeMap;

use saphyr::{LoadableYamlNode, Scalar, Tag, Yaml};
use serde_json::{Map, Value, json};

/// A template, looked into by JSON Pointer. A pointer to nothing fails the test and names it.
pub(crate) struct Template(pub(super) Value);

impl Template {
    /// The project's template, without the resources in the part that is a team's own: the tests are about the project.
    pub(crate) fn of_this_repository() -> Self {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{file}: {error}"));
        let (before, yours) = text
            .split_once("\n  # ---- Yours")
            .unwrap_or_else(|| panic!("{file} has no part for a team's own resources"));
        let (_, behind) = yours
            .split_once("\nOutputs:")
            .unwrap_or_else(|| panic!("no outputs follow the part for a team's own resources"));
        Self::parse(&format!("{before}\nOutputs:{behind}"))
    }

    pub(crate) fn parse(yaml: &str) -> Self {
        let documents = Yaml::load_from_str(yaml)
            .unwrap_or_else(|error| panic!("the template is not YAML: {error}"));
        Self(to_json(
            documents
                .first()
                .unwrap_or_else(|| panic!("the template is empty")),
        ))
    }

    pub(crate) fn at(&self, pointer: &str) -> &Value {
        self.0
            .pointer(pointer)
            .unwrap_or_else(|| panic!("the template has no {pointer}"))
    }

    pub(crate) fn map(&self, pointer: &str) -> &Map<String, Value> {
        self.at(pointer)
            .as_object()
            .unwrap_or_else(|| panic!("{pointer} is not a mapping"))
    }

    pub(crate) fn list(&self, pointer: &str) -> &[Value] {
        self.at(pointer)
            .as_array()
            .unwrap_or_else(|| panic!("{pointer} is not a list"))
    }

    pub(crate) fn number(&self, pointer: &str) -> u64 {
        self.at(pointer)
            .as_u64()
            .unwrap_or_else(|| panic!("{pointer} is not a number"))
    }

    /// The variables that a function is deployed with: those of all functions and its own.
    pub(crate) fn environment(&self, function: &str) -> BTreeMap<&str, &Value> {
        let own = format!("/Resources/{function}/Properties/Environment/Variables");
        let own = self.0.pointer(&own).and_then(Value::as_object);
        self.map("/Globals/Function/Environment/Variables")
            .iter()
            .chain(own.into_iter().flatten())
            .map(|(name, value)| (name.as_str(), value))
            .collect()
    }

    /// The properties of the resources of one type, by their logical names.
    pub(crate) fn resources<'a>(
        &'a self,
        kind: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Value)> {
        self.map("/Resources")
            .iter()
            .filter(move |(_, resource)| resource["Type"] == kind)
            .map(|(name, resource)| (name.as_str(), &resource["Properties"]))
    }
}

/// A value that must be a string.
pub(crate) fn text(value: &Value) -> &str {
    value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is not a string"))
}

fn to_json(node: &Yaml<'_>) -> Value {
    match node {
        Yaml::Value(scalar) => scalar_to_json(scalar),
        Yaml::Sequence(items) => items.iter().map(to_json).collect(),
        Yaml::Mapping(members) => members
            .iter()
            .map(|(key, value)| (key_of(key), to_json(value)))
            .collect(),
        Yaml::Tagged(tag, inner) => json!({ function_of(tag): to_json(inner) }),
        Yaml::Representation(..) | Yaml::Alias(_) | Yaml::BadValue => {
            panic!("CloudFormation has no use for {node:?}")
        }
    }
}

fn scalar_to_json(scalar: &Scalar<'_>) -> Value {
    match scalar {
        Scalar::Null => Value::Null,
        Scalar::Boolean(value) => json!(value),
        Scalar::Integer(value) => json!(value),
        Scalar::FloatingPoint(value) => json!(value.into_inner()),
        Scalar::String(value) => json!(value),
    }
}

fn key_of(key: &Yaml<'_>) -> String {
    key.as_str()
        .unwrap_or_else(|| panic!("{key:?} is not a name"))
        .to_owned()
}

/// `!Ref` and `!Condition` keep their names in the long form, every other function is `Fn::…`.
fn function_of(tag: &Tag) -> String {
    match tag.suffix.as_str() {
        "Ref" | "Condition" => tag.suffix.clone(),
        function => format!("Fn::{function}"),
    }
}
