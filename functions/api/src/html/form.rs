//! The page of a kind: what it does, and a form that submits a job.

use engine::{KindName, MAX_CALLBACK_URL_BYTES, MAX_SUMMARY_CHARS};
use http::StatusCode;
use serde_json::{Value, json};

use super::control::markup;
use super::field::{Control, Field, fields};
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
        let uploads = self.uploads.map_or_else(String::new, |store| {
            // The policy, which a 304 does not repeat, allows this origin: another one is another page.
            let store = Escaped(store);
            format!(" data-uploads=\"{base}/uploads\" data-store=\"{store}\"")
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
             <noscript><p class=\"note\">To submit from this page, allow scripts in your browser. The request is shown below.</p></noscript>\n\
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
                "A webhook is sent to this https URL when the job has finished. Up to {MAX_CALLBACK_URL_BYTES} characters."
            );
            options.push(option("Webhook URL", "/callback/url", &description, "url"));
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(input: &Value, uploads: Option<&str>) -> Answer {
        let kind = KindForm {
            name: &"report".parse().unwrap(),
            input,
            max_attempts: 1,
            has_webhooks: uploads.is_some(),
            uploads,
        };
        form_answer(&kind, "https://api.example.com")
    }

    #[test]
    fn what_a_schema_says_is_text() {
        let evil = "</textarea><img src=x onerror='y'>\"`";
        let schema = json!({
            "type": "object",
            "description": evil,
            "properties": {
                evil: {"type": "string", "default": evil, "description": evil},
                "e": {"enum": [evil]},
                "n": {"type": "number", "default": 1, "minimum": 0},
            },
            "examples": [{"e": evil}],
        });
        let shown = page(&schema, None).body;
        assert!(!shown.contains("<img"), "{shown}");
        assert!(
            shown.contains("&lt;/textarea&gt;&lt;img src=x onerror=&#39;y&#39;&gt;&quot;"),
            "{shown}"
        );
        assert!(!shown.contains("onerror='"), "{shown}");
    }

    #[test]
    fn the_command_is_one_argument_of_a_shell_for_each_part() {
        let shown = page(&json!({"examples": [{"a": "it's"}]}), None).body;
        let data = r#"-d '{"input":{"a":"it'\''s"},"name":"report"}'"#;
        assert!(shown.contains(&Escaped(data).to_string()), "{shown}");
    }

    #[test]
    fn only_where_there_is_a_bucket_the_page_may_send_to_it() {
        let schema = json!({"type": "object", "additionalProperties": false});
        let (without, with) = (
            page(&schema, None),
            page(&schema, Some("https://b.s3.example.com")),
        );
        let policy = |answer: &Answer| answer.headers["content-security-policy"].clone();
        assert!(policy(&without).contains("; connect-src 'self'; "));
        assert!(policy(&with).contains("; connect-src 'self' https://b.s3.example.com; "));
        assert!(
            !without.body.contains("data-uploads") && !without.body.contains("/callback/url\"")
        );
        assert!(
            with.body
                .contains("data-uploads=\"https://api.example.com/uploads\"")
        );
        assert!(with.body.contains("data-pointer=\"/callback/url\""));
    }
}
