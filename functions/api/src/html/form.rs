//! The page of a kind: what it does, and a form that submits a job.

use std::fmt::Write as _;

use engine::{KindName, MAX_CALLBACK_URL_BYTES, MAX_SUMMARY_CHARS};
use http::StatusCode;
use serde_json::{Value, json};

use super::field::{Choice, Control, Field, fields};
use super::{FORM, Page, answer, policy, prose};
use crate::markup::Escaped;
use crate::{Answer, OPENAPI_PATH};

/// A kind, and what a submit may contain in this deployment.
pub struct KindForm<'a> {
    /// The kind.
    pub name: &'a KindName,
    /// The JSON Schema of its input.
    pub input: &'a Value,
    /// The maximum number of attempts of its jobs.
    pub max_attempts: u32,
    /// Whether a submit may name a callback.
    pub has_webhooks: bool,
    /// The origin of the bucket; `None` if the deployment takes no uploads.
    pub uploads: Option<&'a str>,
}

/// The page of a kind. Its script may send a file to the bucket.
#[must_use]
pub fn form_answer(kind: &KindForm<'_>, base_url: &str) -> Answer {
    answer(StatusCode::OK, kind.page(base_url))
        .with("content-security-policy", policy(kind.uploads))
}

impl KindForm<'_> {
    fn page(&self, base_url: &str) -> String {
        let (base, name) = (Escaped(base_url), self.name);
        let uploads = self.uploads.map_or_else(String::new, |_| {
            format!(" data-uploads=\"{base}/uploads\"")
        });
        let mut controls = String::new();
        for (place, field) in fields(self.input).iter().enumerate() {
            controls.push_str(&markup(field, place));
        }
        let mut options = String::new();
        for (place, field) in self.options().iter().enumerate() {
            options.push_str(&markup(field, 1_000 + place));
        }
        let attempts = match self.max_attempts {
            1 => "1 attempt".to_owned(),
            several => format!("up to {several} attempts"),
        };
        let main = format!(
            "<main id=\"form-page\">\n<p class=\"over\">Submit a job · {attempts}</p>\n<h1>{name}</h1>\n{description}\
             <noscript><p class=\"note\">To submit from this page, allow scripts in your browser. The command below does the same.</p></noscript>\n\
             <div id=\"problem\" class=\"problem\" role=\"alert\" tabindex=\"-1\" hidden><h2></h2><ul></ul></div>\n\
             <form id=\"form\" class=\"form\" novalidate data-name=\"{name}\" data-jobs=\"{base}/jobs\"{uploads}>\n{example}{controls}\
             <fieldset class=\"options\"><legend>The job</legend>\n{options}</fieldset>\n\
             <p class=\"actions\"><button class=\"button\">Submit job</button></p>\n\
             <p class=\"soft\" id=\"status\" role=\"status\"></p>\n\
             <progress id=\"upload\" max=\"1\" value=\"0\" aria-label=\"Upload\" hidden></progress>\n</form>\n\
             <details><summary>Submit with curl</summary>\n<pre tabindex=\"0\"><code>{curl}</code></pre>\n\
             <p class=\"soft\">All members are in the <a href=\"{base}{OPENAPI_PATH}\">OpenAPI document</a>.</p></details>\n</main>\n",
            description = prose(self.description()),
            example = self.example_button(),
            curl = Escaped(&self.curl(base_url)),
        );
        let page = Page {
            title: &format!("Submit · {name}"),
            tone: "running",
            base_url: Some(base_url),
            scripts: &[FORM],
            ..Page::default()
        };
        page.around(main)
    }

    fn description(&self) -> &str {
        self.input["description"].as_str().unwrap_or_default()
    }

    fn example(&self) -> Option<&Value> {
        self.input.pointer("/examples/0")
    }

    fn example_button(&self) -> String {
        self.example().map_or_else(String::new, |example| {
            format!(
                "<p><button type=\"button\" class=\"quiet\" id=\"example\" data-example=\"{}\">Fill in an example</button></p>\n",
                Escaped(&example.to_string())
            )
        })
    }

    /// A command of a POSIX shell.
    fn curl(&self, base_url: &str) -> String {
        let input = self.example().cloned().unwrap_or(json!({}));
        let body = json!({ "name": self.name.as_str(), "input": input });
        let body = body.to_string().replace('\'', r"'\''");
        format!("curl -i {base_url}/jobs -H 'content-type: application/json' \\\n  -d '{body}'")
    }

    /// The members of a submit beside its input.
    fn options(&self) -> Vec<Field> {
        let option = |label: &str, pointer: &str, description: &str, kind| Field {
            label: label.to_owned(),
            pointer: pointer.to_owned(),
            description: description.to_owned(),
            is_optional: true,
            control: Control::Line(kind, String::new()),
        };
        let title = format!("Your name for the job, up to {MAX_SUMMARY_CHARS} characters.");
        let mut options = vec![
            option("Title", "/summary", &title, "text"),
            option(
                "Start",
                "/scheduled-start-time",
                "The earliest start, in the time zone of this browser. Empty: now.",
                "datetime-local",
            ),
        ];
        if self.has_webhooks {
            let description = format!(
                "A webhook is sent to this https URL when the job has finished. Up to {MAX_CALLBACK_URL_BYTES} bytes."
            );
            options.push(option("Webhook URL", "/callback/url", &description, "url"));
        }
        options
    }
}

/// A field with its label, its description, and a place for its error.
fn markup(field: &Field, place: usize) -> String {
    let Field { label, control, .. } = field;
    let (label, pointer) = (Escaped(label), Escaped(&field.pointer));
    let optional = if field.is_optional { " data-optional" } else { "" };
    let kind = match control {
        Control::Line("datetime-local", _) => "time",
        Control::Line(..) | Control::Text(_) | Control::Attachment => "text",
        Control::Number(..) => "number",
        Control::Check(_) => "check",
        Control::Choice(..) => "choice",
        Control::Json(_) => "json",
    };
    let id = format!("f{place}");
    let name = match field.is_optional && !matches!(control, Control::Check(_)) {
        true => format!("{label} <span class=\"soft\">(optional)</span>"),
        false => label.to_string(),
    };
    let hint = hint(field);
    let described = format!("aria-describedby=\"{id}-hint {id}-error\"");
    let about = format!(
        "<div class=\"hint\" id=\"{id}-hint\">{hint}</div>\n<p class=\"error\" id=\"{id}-error\"></p>\n"
    );
    let input = control_markup(control, &id, &described, field.is_optional);
    let body = match control {
        Control::Attachment => format!("<legend>{name}</legend>\n{about}{}", attachment(field, &id, &described)),
        Control::Check(_) => format!("<label class=\"check\" for=\"{id}\">{input} {name}</label>\n{about}"),
        _ => format!("<label for=\"{id}\">{name}</label>\n{about}{input}\n"),
    };
    let element = if *control == Control::Attachment { "fieldset" } else { "div" };
    format!(
        "<{element} class=\"field\" data-pointer=\"{pointer}\" data-label=\"{label}\" data-kind=\"{kind}\"{optional}>\n{body}</{element}>\n"
    )
}

/// The description of a field, with what a person must know to fill it in.
fn hint(field: &Field) -> String {
    let mut hint = prose(&field.description);
    // Writing to a string cannot fail.
    let _ = match &field.control {
        Control::Number(_, [Some(least), Some(most)], _) => writeln!(hint, "<p>From {least} to {most}.</p>"),
        Control::Number(_, [Some(least), None], _) => writeln!(hint, "<p>At least {least}.</p>"),
        Control::Number(_, [None, Some(most)], _) => writeln!(hint, "<p>At most {most}.</p>"),
        Control::Json(_) if field.pointer != "/input" => writeln!(hint, "<p>JSON.</p>"),
        Control::Choice(choices, _) => writeln!(hint, "{}", meanings(choices)),
        _ => Ok(()),
    };
    hint
}

fn meanings(choices: &[Choice]) -> String {
    let described = choices.iter().filter(|choice| !choice.description.is_empty());
    let described: String = described
        .map(|choice| format!("<dt>{}</dt><dd>{}</dd>", Escaped(&word(&choice.value)), prose(&choice.description)))
        .collect();
    if described.is_empty() {
        return described;
    }
    format!("<details><summary>What they mean</summary><dl>{described}</dl></details>")
}

fn control_markup(control: &Control, id: &str, described: &str, is_optional: bool) -> String {
    match control {
        Control::Line(kind, default) => format!(
            "<input id=\"{id}\" type=\"{kind}\" value=\"{}\" autocomplete=\"off\" {described}>",
            Escaped(default)
        ),
        Control::Text(default) => {
            format!("<textarea id=\"{id}\" rows=\"2\" {described}>\n{}</textarea>", Escaped(default))
        }
        Control::Json(default) => format!(
            "<textarea id=\"{id}\" class=\"code\" rows=\"3\" spellcheck=\"false\" {described}>\n{}</textarea>",
            Escaped(default)
        ),
        Control::Number(step, [least, most], default) => {
            let limit = |name: &str, limit: &Option<String>| {
                limit.as_ref().map_or_else(String::new, |limit| format!(" {name}=\"{limit}\""))
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
                let selected = if default.as_ref() == Some(value) { " selected" } else { "" };
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
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
