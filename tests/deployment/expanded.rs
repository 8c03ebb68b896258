//! The template with values for its parameters, as CloudFormation resolves it before it creates anything.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::deployment::cloudformation::Template;

/// The values of all parameters, and the conditions over them.
pub(crate) struct Given<'a> {
    parameters: BTreeMap<&'a str, String>,
    conditions: &'a Map<String, Value>,
}

impl Template {
    /// This repository's template with these parameters, the others at their defaults: without the resources and outputs whose
    /// condition does not hold, and with the branch that is taken in place of each `Fn::If`. `Ref` and the like stay.
    pub(crate) fn with(parameters: &[(&str, &str)]) -> Self {
        let template = Self::of_this_repository();
        let given = Given::new(&template, parameters);
        let sections = template.map("");
        let expanded = sections.iter().map(|(name, section)| {
            let section = match name.as_str() {
                "Globals" => given.expand(section).expect("a section"),
                "Resources" | "Outputs" => given.present(section).into(),
                _ => section.clone(),
            };
            (name.clone(), section)
        });
        Self(expanded.collect())
    }
}

impl<'a> Given<'a> {
    /// These parameters, the others at their defaults.
    pub(crate) fn new(template: &'a Template, parameters: &[(&'a str, &str)]) -> Self {
        let defaults = template.map("/Parameters").iter();
        let mut values: BTreeMap<_, _> = defaults
            .map(|(name, parameter)| (name.as_str(), plain(&parameter["Default"])))
            .collect();
        values.extend(
            parameters
                .iter()
                .map(|(name, value)| (*name, (*value).to_owned())),
        );
        Self {
            parameters: values,
            conditions: template.map("/Conditions"),
        }
    }

    /// Whether a condition holds: as much of CloudFormation's language as the template needs.
    pub(crate) fn holds(&self, condition: &Value) -> bool {
        let (function, arguments) = condition
            .as_object()
            .and_then(|condition| condition.iter().next())
            .unwrap_or_else(|| panic!("{condition} is not a condition"));
        match (function.as_str(), arguments) {
            ("Condition", Value::String(name)) => self.holds(&self.conditions[name]),
            ("Fn::Not", Value::Array(of)) => !self.holds(&of[0]),
            ("Fn::And", Value::Array(all)) => all.iter().all(|one| self.holds(one)),
            ("Fn::Equals", Value::Array(sides)) => self.value(&sides[0]) == self.value(&sides[1]),
            _ => panic!("{function} is not known here"),
        }
    }

    fn value(&self, side: &Value) -> String {
        match side["Ref"].as_str() {
            Some(parameter) => self.parameters[parameter].clone(),
            None => plain(side),
        }
    }

    /// The members of a section whose condition holds or that have none, expanded.
    fn present(&self, section: &Value) -> Map<String, Value> {
        let members = section.as_object().expect("a section is a mapping").iter();
        members
            .filter(|(_, one)| {
                let condition = one["Condition"].as_str();
                condition.is_none_or(|name| self.holds(&self.conditions[name]))
            })
            .filter_map(|(name, one)| Some((name.clone(), self.expand(one)?)))
            .collect()
    }

    /// `None` for `AWS::NoValue`, which removes what it is the value of.
    fn expand(&self, value: &Value) -> Option<Value> {
        if let Some(choice) = value["Fn::If"].as_array() {
            let name = choice[0].as_str().expect("a condition's name");
            let taken = if self.holds(&self.conditions[name]) {
                1
            } else {
                2
            };
            return self.expand(&choice[taken]);
        }
        match value {
            Value::Object(members) if members.get("Ref").is_some_and(|to| to == "AWS::NoValue") => {
                None
            }
            Value::Object(members) => {
                let members = members.iter();
                let expanded =
                    members.filter_map(|(name, one)| Some((name.clone(), self.expand(one)?)));
                Some(Value::Object(expanded.collect()))
            }
            Value::Array(items) => Some(items.iter().filter_map(|one| self.expand(one)).collect()),
            _ => Some(value.clone()),
        }
    }
}

/// A value of a parameter as text, which is how CloudFormation compares it.
pub(crate) fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
