//! The fields of a form as markup.

use std::fmt::Write as _;

use serde_json::Value;

use super::field::{Choice, Control, Field};
use super::prose;
use crate::markup::Escaped;

/// A field with its label, its description, and a place for its error.
pub(super) fn markup(field: &Field, place: usize) -> String {
    let Field { label, control, .. } = field;
    let (label, pointer) = (Escaped(label), Escaped(&field.pointer));
    let optional = if field.is_optional {
        " data-optional"
    } else {
        ""
    };
    let kind = match control {
        Control::Line("datetime-local", _) => "time",
        Control::Line(..) | Control::Text(_) | Control::Attachment => "text",
        Control::Number(..) => "number",
        Control::Check(_) => "check",
        Control::Choice(..) => "choice",
        Control::Json(_) => "json",
    };
    let id = format!("f{place}");
    let name = if field.is_optional && !matches!(control, Control::Check(_)) {
        format!("{label} <span class=\"soft\">(optional)</span>")
    } else {
        label.to_string()
    };
    let hint = hint(field);
    let described = format!("aria-describedby=\"{id}-hint {id}-error\"");
    let about = format!(
        "<div class=\"hint\" id=\"{id}-hint\">{hint}</div>\n<p class=\"error\" id=\"{id}-error\"></p>\n"
    );
    let input = control_markup(control, &id, &described, field.is_optional);
    let body = match control {
        Control::Attachment => format!(
            "<legend>{name}</legend>\n{about}{}",
            attachment(field, &id, &described)
        ),
        Control::Check(_) => {
            format!("<label class=\"check\" for=\"{id}\">{input} {name}</label>\n{about}")
        }
        _ => format!("<label for=\"{id}\">{name}</label>\n{about}{input}\n"),
    };
    let element = if *control == Control::Attachment {
        "fieldset"
    } else {
        "div"
    };
    format!(
        "<{element} class=\"field\" data-pointer=\"{pointer}\" data-label=\"{label}\" data-kind=\"{kind}\"{optional}>\n{body}</{element}>\n"
    )
}

/// The description of a field, with what a person must know to fill it in.
fn hint(field: &Field) -> String {
    let mut hint = prose(&field.description);
    // Writing to a string cannot fail.
    let _ = match &field.control {
        Control::Number(_, [Some(least), Some(most)], _) => {
            writeln!(hint, "<p>From {least} to {most}.</p>")
        }
        Control::Number(_, [Some(least), None], _) => writeln!(hint, "<p>At least {least}.</p>"),
        Control::Number(_, [None, Some(most)], _) => writeln!(hint, "<p>At most {most}.</p>"),
        Control::Json(_) if field.pointer != "/input" => writeln!(hint, "<p>JSON.</p>"),
        Control::Choice(choices, _) => writeln!(hint, "{}", meanings(choices)),
        _ => Ok(()),
    };
    hint
}

fn meanings(choices: &[Choice]) -> String {
    let mut described = String::new();
    for choice in choices {
        if !choice.description.is_empty() {
            let (value, meaning) = (word(&choice.value), prose(&choice.description));
            // Writing to a string cannot fail.
            let _ = write!(described, "<dt>{}</dt><dd>{meaning}</dd>", Escaped(&value));
        }
    }
    if described.is_empty() {
        return described;
    }
    format!("<details><summary>What the values mean</summary><dl>{described}</dl></details>")
}

fn control_markup(control: &Control, id: &str, described: &str, is_optional: bool) -> String {
    match control {
        Control::Line(kind, default) => format!(
            "<input id=\"{id}\" type=\"{kind}\" value=\"{}\" autocomplete=\"off\" {described}>",
            Escaped(default)
        ),
        Control::Text(default) => {
            format!(
                "<textarea id=\"{id}\" rows=\"2\" {described}>\n{}</textarea>",
                Escaped(default)
            )
        }
        Control::Json(default) => format!(
            "<textarea id=\"{id}\" class=\"code\" rows=\"3\" spellcheck=\"false\" {described}>\n{}</textarea>",
            Escaped(default)
        ),
        Control::Number(step, [least, most], default) => {
            let limit = |name: &str, limit: &Option<String>| {
                limit
                    .as_ref()
                    .map_or_else(String::new, |limit| format!(" {name}=\"{limit}\""))
            };
            format!(
                "<input id=\"{id}\" type=\"number\" step=\"{step}\"{}{} value=\"{default}\" autocomplete=\"off\" {described}>",
                limit("min", least),
                limit("max", most),
            )
        }
        Control::Check(is_checked) => {
            let checked = if *is_checked { " checked" } else { "" };
            format!("<input id=\"{id}\" type=\"checkbox\"{checked} {described}>")
        }
        Control::Choice(choices, default) => {
            let mut options = match (default, is_optional) {
                (Some(_), _) => String::new(),
                (None, true) => "<option value=\"\">not set</option>".to_owned(),
                (None, false) => "<option value=\"\">Choose …</option>".to_owned(),
            };
            for Choice { value, .. } in choices {
                let selected = if default.as_ref() == Some(value) {
                    " selected"
                } else {
                    ""
                };
                // Writing to a string cannot fail.
                let _ = write!(
                    options,
                    "<option value=\"{}\"{selected}>{}</option>",
                    Escaped(&value.to_string()),
                    Escaped(&word(value))
                );
            }
            format!("<select id=\"{id}\" {described}>{options}</select>")
        }
        Control::Attachment => String::new(),
    }
}

/// Two controls, one of which is shown.
fn attachment(field: &Field, id: &str, described: &str) -> String {
    let label = Escaped(&field.label);
    format!(
        "<div class=\"switch\"><label><input type=\"radio\" name=\"{id}\" value=\"text\" checked> Text</label> \
         <label><input type=\"radio\" name=\"{id}\" value=\"file\"> File</label></div>\n\
         <textarea id=\"{id}\" class=\"code\" rows=\"6\" spellcheck=\"false\" aria-label=\"{label} as text\" {described}></textarea>\n\
         <input id=\"{id}-file\" type=\"file\" aria-label=\"{label} as a file\" {described}>\n"
    )
}

/// A value as a person reads it: a text without quotes.
fn word(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
