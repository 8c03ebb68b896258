//! The responses of an operation. `openapi.json` gives the problems of a response, and its media types besides JSON, in extensions that
//! the document keeps: `x-problems` and `x-also-as`.
//!
//! Code generators make the type of a response from all its media types, and many of them cannot read an `allOf` that restricts a
//! problem. So `content` has only JSON, and every problem the same schema.

use api::{JSON, PROBLEM_JSON, ProblemKind};
use serde_json::{Map, Value, json};

use super::examples::Examples;
use super::kinds::reference;

/// The responses of the gateway itself, which every operation has.
const OF_THE_GATEWAY: [(&str, &str); 6] = [
    (
        "401",
        "The request has no valid token. Only if the deployment requires tokens",
    ),
    ("403", "The caller is not allowed to make this request"),
    ("413", "The request exceeds the maximum size of the gateway"),
    (
        "429",
        "Too many requests. Repeat the request later; a submit only with its Idempotency-Key",
    ),
    (
        "500",
        "If the response has only a 'message', a function failed or took too long: repeat the request, a submit only with its \
         Idempotency-Key. If it is a problem, repeating it does not help",
    ),
    (
        "503",
        "Repeat the request after the time in Retry-After; a submit only with its Idempotency-Key",
    ),
];

/// Completes the responses of an operation: problems, examples, and the responses of the gateway.
pub(super) fn complete(operation: &mut Value, examples: &Examples<'_>) {
    let is_cancel = operation["operationId"] == "cancelJob";
    let Some(Value::Object(responses)) = operation.get_mut("responses") else {
        return;
    };
    for response in responses.values_mut() {
        describe_problems(response, examples);
        mention_other_types(response);
        let content = response.get_mut("content").and_then(Value::as_object_mut);
        for content in content.into_iter().flat_map(Map::values_mut) {
            examples.add_to(content, is_cancel);
        }
    }
    for (status, text) in OF_THE_GATEWAY {
        let response = responses.entry(status).or_insert_with(|| json!({}));
        let of_the_service = response["description"].as_str();
        let description = of_the_service.map_or(format!("{text}."), |of_the_service| {
            format!("{of_the_service}. {text}.")
        });
        response["description"] = description.into();
        // A generator may read one of the two media types only, and then meets both bodies.
        let schema = if response.get("x-problems").is_some() {
            "ProblemOrGatewayError"
        } else {
            "GatewayError"
        };
        response["content"][JSON] = json!({ "schema": reference(schema) });
    }
}

/// Adds what follows from the `x-problems` of a response: its description, and its content with an example of each.
fn describe_problems(response: &mut Value, examples: &Examples<'_>) {
    let Some(Value::Array(slugs)) = response.get("x-problems") else {
        return;
    };
    let slugs = slugs.iter().filter_map(Value::as_str);
    let kinds: Vec<_> = slugs.filter_map(ProblemKind::of_slug).collect();
    let titles: Vec<_> = kinds.iter().map(|kind| kind.title()).collect();
    let examples: Map<_, _> = kinds.iter().map(|kind| examples.problem(*kind)).collect();
    response["description"] = titles.join(". ").into();
    response["content"] = json!({
        PROBLEM_JSON: { "schema": reference("Problem"), "examples": examples },
    });
}

/// Adds the media types of `x-also-as` to the description of a response.
fn mention_other_types(response: &mut Value) {
    let Some(Value::Array(types)) = response.get("x-also-as") else {
        return;
    };
    let types: Vec<_> = types.iter().filter_map(Value::as_str).collect();
    let description = response["description"].as_str().unwrap_or_default();
    let description = description.trim_end_matches('.');
    let types = types.join("` or `");
    response["description"] =
        format!("{description}. `Accept` can ask for `{types}` instead.").into();
}
