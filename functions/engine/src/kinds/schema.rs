//! Checks of an input against the JSON Schema that the service publishes for it: every limit in the schema is enforced.
//!
//! A validator for all of JSON Schema (the `jsonschema` crate) would make `submit` larger by a multiple of its own code. The schemas come from
//! `schemars`, which uses few keywords; [`super::limits`] lists the others, and a test of the kinds requires that the list is empty.
//!
//! Source: <https://json-schema.org/draft/2020-12/json-schema-validation>.

use std::cell::Cell;
use std::collections::{HashMap, HashSet};

use regex_lite::Regex;
use serde_json::{Map, Value};

use super::format::{Format, is_format};
use super::json_type::{is_type, list, number, spoken, types};
use super::place::{NamedUpload, Place};
use super::variant::{Fit, fit, none_fits};
use crate::Invalid;
use crate::attachment::UPLOAD_MARK;

/// Maximum number of errors that a check collects.
const MAX_ERRORS: usize = 1_000;

/// A check of one value.
pub(super) struct Check<'a> {
    /// The whole schema, into which references lead.
    root: &'a Value,
    /// Its patterns, compiled.
    patterns: &'a HashMap<String, Regex>,
    /// Number of comparisons that it may still make, nested checks included.
    pub(super) left: &'a Cell<usize>,
    pub(super) errors: Vec<Invalid>,
    /// The uploads that the value names.
    pub(super) uploads: Vec<NamedUpload>,
}

impl<'a> Check<'a> {
    pub(super) fn new(
        root: &'a Value,
        patterns: &'a HashMap<String, Regex>,
        left: &'a Cell<usize>,
    ) -> Self {
        Self {
            root,
            patterns,
            left,
            errors: Vec::new(),
            uploads: Vec::new(),
        }
    }

    fn wrong(&mut self, at: Place<'_>, detail: impl Into<String>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(Invalid {
                pointer: at.pointer(),
                detail: detail.into(),
            });
        }
    }

    /// The errors of `value` at `at` against one schema alone. If there are none, its uploads count.
    fn alone(&mut self, schema: &'a Value, value: &Value, at: Place<'_>) -> Vec<Invalid> {
        let mut check = Check::new(self.root, self.patterns, self.left);
        check.value(schema, value, at);
        if check.errors.is_empty() {
            self.uploads.append(&mut check.uploads);
        }
        check.errors
    }

    pub(super) fn value(&mut self, schema: &'a Value, value: &Value, at: Place<'_>) {
        let Some(left) = self.left.get().checked_sub(1) else {
            return;
        };
        self.left.set(left);
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
            // Its limits apply to another type.
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

    fn choices(&mut self, schema: &Map<String, Value>, value: &Value, at: Place<'_>) {
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

    /// Exactly one alternative of an enum of Rust fits, so `oneOf` is the same as `anyOf`. The errors are those of the alternative that
    /// `value` is meant for, or otherwise of the one that it comes closest to.
    fn alternatives(&mut self, schemas: &'a [Value], value: &Value, at: Place<'_>) {
        let fits = |wanted| {
            schemas
                .iter()
                .filter(move |schema| fit(schema, value) == wanted)
        };
        let mut closest: Option<Vec<Invalid>> = None;
        for schema in fits(Fit::Yes) {
            let errors = self.alone(schema, value, at);
            if errors.is_empty() {
                return;
            }
            closest.get_or_insert(errors);
        }
        let is_meant_for_one = closest.is_some();
        for schema in fits(Fit::Open) {
            let errors = self.alone(schema, value, at);
            if errors.is_empty() {
                return;
            }
            let is_closer = |closest: &Vec<_>| !is_meant_for_one && errors.len() < closest.len();
            if closest.as_ref().is_none_or(is_closer) {
                closest = Some(errors);
            }
        }
        match closest {
            Some(errors) => {
                let left = MAX_ERRORS.saturating_sub(self.errors.len());
                self.errors.extend(errors.into_iter().take(left));
            }
            None if schemas.is_empty() => {}
            None => match none_fits(schemas, value) {
                (Some(member), detail) => self.wrong(Place::Member(&at, member), detail),
                (None, detail) => self.wrong(at, detail),
            },
        }
    }

    fn text(&mut self, schema: &Map<String, Value>, text: &str, at: Place<'_>) {
        let (least, most) = (number(schema, "minLength"), number(schema, "maxLength"));
        if least.is_some() || most.is_some() {
            self.size(text.chars().count(), (least, most), "character", at);
        }
        if let Some(pattern) = schema.get("pattern").and_then(Value::as_str)
            && let Some(compiled) = self.patterns.get(pattern)
            && !compiled.is_match(text)
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
        at: Place<'_>,
    ) {
        #[expect(
            clippy::cast_precision_loss,
            reason = "an input has fewer than 2^52 characters"
        )]
        let size = size as f64;
        let units = |count: f64| {
            if count > 1.0 {
                format!("{unit}s")
            } else {
                unit.to_owned()
            }
        };
        if let Some(least) = least.filter(|least| size < *least) {
            self.wrong(at, format!("must have at least {least} {}", units(least)));
        }
        if let Some(most) = most.filter(|most| size > *most) {
            self.wrong(at, format!("must not exceed {most} {}", units(most)));
        }
    }

    fn number(&mut self, schema: &Map<String, Value>, value: &Value, at: Place<'_>) {
        let Some(size) = value.as_f64() else { return };
        let formatted = schema
            .get("format")
            .and_then(Value::as_str)
            .and_then(Format::of);
        let range = formatted.and_then(Format::range);
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
        // 0.3 is a multiple of 0.1, although their quotient as floats is not whole.
        let is_multiple = |parts: f64| (parts - parts.round()).abs() <= 1e-9 * parts.abs().max(1.0);
        if let Some(of) = number(schema, "multipleOf").filter(|of| !is_multiple(size / of)) {
            self.wrong(at, format!("must be a multiple of {of}"));
        }
    }

    fn array(&mut self, schema: &'a Map<String, Value>, items: &[Value], at: Place<'_>) {
        let limits = (number(schema, "minItems"), number(schema, "maxItems"));
        self.size(items.len(), limits, "item", at);
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut seen = HashSet::new();
            if !items.iter().all(|item| seen.insert(item.to_string())) {
                self.wrong(at, "must not contain an item twice");
            }
        }
        let first = list(schema, "prefixItems");
        for (index, item) in items.iter().enumerate() {
            if let Some(schema) = first.get(index).or_else(|| schema.get("items")) {
                self.value(schema, item, Place::Item(&at, index));
            }
        }
    }

    fn object(
        &mut self,
        schema: &'a Map<String, Value>,
        members: &Map<String, Value>,
        at: Place<'_>,
    ) {
        let limits = (
            number(schema, "minProperties"),
            number(schema, "maxProperties"),
        );
        self.size(members.len(), limits, "member", at);
        for name in list(schema, "required").iter().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                self.wrong(Place::Member(&at, name), "is missing");
            }
        }
        if schema.contains_key(UPLOAD_MARK)
            && let Some(Value::String(id)) = members.get("upload")
        {
            let (pointer, id) = (at.pointer(), id.clone());
            self.uploads.push(NamedUpload { pointer, id });
        }
        let known = schema.get("properties").and_then(Value::as_object);
        for (name, value) in members {
            let at = Place::Member(&at, name);
            let schema = known
                .and_then(|known| known.get(name))
                .or_else(|| schema.get("additionalProperties"));
            match schema {
                Some(Value::Bool(false)) => self.wrong(at, "is not a known member"),
                Some(schema) => self.value(schema, value, at),
                None => {}
            }
        }
    }
}

#[cfg(test)]
mod tests;
