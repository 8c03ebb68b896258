//! Which of several schemas a value is meant for: the variants of an enum, or a value and `null`.

use serde_json::{Map, Value};

use super::json_type::{is_type, spoken, types};

/// Whether a value is meant for a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// Its tag, its only member or itself says so.
    Yes,
    /// Its type, its tag or its members say that it is not.
    No,
    /// Only a check of the whole value can tell.
    Open,
}

/// How a variant of an enum is recognized, as `schemars` describes them.
enum Mark<'a> {
    /// A member with a constant (`#[serde(tag = …)]`).
    Tag(&'a str, &'a Value),
    /// An object with this member only (serde's default).
    Key(&'a str),
    /// A constant, or one of several.
    Values(Vec<&'a Value>),
    /// Its type, if it has one.
    Type(Vec<&'a str>),
}

impl<'a> Mark<'a> {
    fn of(schema: &'a Value) -> Self {
        let Value::Object(schema) = schema else {
            return Self::Type(Vec::new());
        };
        if let Some(only) = schema.get("const") {
            return Self::Values(vec![only]);
        }
        if let Some(Value::Array(choices)) = schema.get("enum") {
            return Self::Values(choices.iter().collect());
        }
        let members = schema.get("properties").and_then(Value::as_object);
        let tag = members.into_iter().flatten().find_map(|(name, member)| {
            let constant = member.get("const")?;
            is_required(schema, name).then_some(Self::Tag(name, constant))
        });
        let key = || {
            let mut names = members?.keys();
            let (name, None) = (names.next()?, names.next()) else {
                return None;
            };
            let is_only = schema.get("additionalProperties") == Some(&Value::Bool(false));
            (is_only && is_required(schema, name)).then_some(Self::Key(name))
        };
        tag.or_else(key)
            .unwrap_or_else(|| Self::Type(types(schema)))
    }

    fn fit(&self, value: &Value) -> Fit {
        let fits = match self {
            Self::Tag(name, constant) => value.get(name) == Some(constant),
            Self::Key(name) => value.get(name).is_some(),
            Self::Values(values) => values.contains(&value),
            Self::Type(types) if types.iter().any(|name| is_type(name, value)) => return Fit::Open,
            Self::Type(types) if types.is_empty() => return Fit::Open,
            Self::Type(_) => false,
        };
        if fits { Fit::Yes } else { Fit::No }
    }
}

fn is_required(schema: &Map<String, Value>, name: &str) -> bool {
    let required = schema.get("required").and_then(Value::as_array);
    required.is_some_and(|required| required.iter().any(|one| one == name))
}

/// Whether `value` is meant for `schema`.
pub(super) fn fit(schema: &Value, value: &Value) -> Fit {
    Mark::of(schema).fit(value)
}

/// The error of a value that is meant for none of these schemas: the member that it concerns, if it is one, and the requirement.
pub(super) fn none_fits<'a>(schemas: &'a [Value], value: &Value) -> (Option<&'a str>, String) {
    let marks: Vec<_> = schemas.iter().map(Mark::of).collect();
    let tags: Option<Vec<_>> = marks
        .iter()
        .map(|mark| match mark {
            Mark::Tag(name, constant) => Some((*name, *constant)),
            Mark::Key(_) | Mark::Values(_) | Mark::Type(_) => None,
        })
        .collect();
    if let Some(tags) = tags
        && let Some((tag, _)) = tags.first()
        && tags.iter().all(|(name, _)| name == tag)
        && value.is_object()
    {
        let detail = if value.get(tag).is_some() {
            one_of(tags.iter().map(|(_, constant)| *constant))
        } else {
            "is missing".to_owned()
        };
        return (Some(tag), detail);
    }
    let (mut values, mut keys, mut kinds) = (Vec::new(), Vec::new(), Vec::new());
    for mark in &marks {
        match mark {
            Mark::Values(of_mark) => values.extend(of_mark),
            Mark::Key(name) => keys.push(*name),
            Mark::Tag(..) => kinds.push("object"),
            Mark::Type(types) => kinds.extend(types),
        }
    }
    kinds.dedup();
    let mut parts = Vec::new();
    if !values.is_empty() {
        parts.push(one_of(values.into_iter()));
    }
    match keys[..] {
        [] => {}
        [key] => parts.push(format!("must be an object with the member {key}")),
        _ => parts.push(format!(
            "must be an object with one of the members {}",
            keys.join(", ")
        )),
    }
    if !kinds.is_empty() {
        parts.push(format!("must be {}", spoken(&kinds)));
    }
    (None, parts.join(", or "))
}

fn one_of<'a>(values: impl Iterator<Item = &'a Value>) -> String {
    let values: Vec<_> = values.map(Value::to_string).collect();
    match &values[..] {
        [only] => format!("must be {only}"),
        _ => format!("must be one of {}", values.join(", ")),
    }
}
