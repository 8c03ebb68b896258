//! The functions with just the environment that `template.yaml` gives them, as processes of their own on embedded back ends.
//!
//! Over 300 lines: the functions, and the events that they are sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use aws_sdk_sqs::types::Message;
use local::{LogSink, Pool};
use serde_json::{Value, json};

use crate::app::{Launch, PATIENCE, SCHEDULE_ROLE_ARN};
use crate::backends::{Backends, TABLE};
use crate::deployment::cloudformation::{Template, text};
use crate::deployment::expanded::plain;
use crate::recorder::Recorder;

/// What stands for the deployment's secret. The ids in `events/` were issued under it.
pub(crate) const ID_SECRET: &str = "events-only-secret-of-32-characters";

/// Where the metrics of the deployment go.
pub(crate) const NAMESPACE: &str = "Accepted/stack";

pub(crate) struct Deployed {
    pub(crate) submit: Function,
    pub(crate) status: Function,
    pub(crate) worker: Function,
    pub(crate) backends: Backends,
}

/// A function, and what it calls.
pub(crate) struct Function {
    pub(crate) pool: Pool,
    pub(crate) recorder: Recorder,
    log: Log,
}

/// What a function has written so far, line by line.
type Log = Arc<Mutex<Vec<String>>>;

/// A function's answer to a gateway's event.
pub(crate) struct Answer {
    pub(crate) status: u64,
    /// By their names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// Null without one.
    pub(crate) body: Value,
}

impl Deployed {
    pub(crate) async fn new() -> Self {
        Self::with_parameters(&[]).await
    }

    /// With some of the template's parameters set; the others have their defaults.
    pub(crate) async fn with_parameters(parameters: &[(&str, &str)]) -> Self {
        Self::on(Backends::start().await, parameters, 1).await
    }

    /// With up to this many processes of each function.
    pub(crate) async fn with_instances(instances: usize) -> Self {
        Self::on(Backends::start().await, &[], instances).await
    }

    /// The same table and queue with functions of another deployment. `IdSecret` stands for the value of that secret.
    pub(crate) async fn updated(self, parameters: &[(&str, &str)]) -> Self {
        Self::on(self.backends, parameters, 1).await
    }

    async fn on(backends: Backends, parameters: &[(&str, &str)], instances: usize) -> Self {
        Self {
            submit: Function::new("submit", parameters, instances, &backends).await,
            status: Function::new("status", parameters, instances, &backends).await,
            worker: Function::new("worker", parameters, instances, &backends).await,
            backends,
        }
    }
}

impl Deployed {
    /// `submit` and `status` on the same table and queue, with other parameters: while a deployment is under way, both are there.
    pub(crate) async fn beside(&self, parameters: &[(&str, &str)]) -> [Function; 2] {
        [
            Function::new("submit", parameters, 1, &self.backends).await,
            Function::new("status", parameters, 1, &self.backends).await,
        ]
    }

    /// Submits a `rehearsal` with this input: the path of its job. `OptInKinds` must name the kind.
    pub(crate) async fn rehearse(&self, input: Value) -> String {
        let body = json!({"name": "rehearsal", "input": input});
        let event = http_api_event("POST", "/jobs", &body);
        let accepted = self.submit.answer(&event).await;
        assert_eq!(accepted.status, 202, "{}", accepted.body);
        text(&accepted.body["task"]["href"]).to_owned()
    }

    /// Lets the worker have what waits in the queue.
    pub(crate) async fn work(&self) -> Value {
        let messages = self.backends.messages().await;
        assert!(!messages.is_empty());
        self.worker.invoke(&sqs_event(&messages)).await
    }

    /// The document of a job.
    pub(crate) async fn status_of(&self, path: &str) -> Value {
        let event = http_api_event("GET", path, &Value::Null);
        self.status.answer(&event).await.body
    }
}

impl Function {
    async fn new(
        name: &str,
        parameters: &[(&str, &str)],
        instances: usize,
        backends: &Backends,
    ) -> Self {
        let (mut recorder, endpoint) = Recorder::before(backends).await;
        let mut environment = environment(name, parameters, backends);
        if environment.contains_key("PAYLOADS_BUCKET") {
            let url = recorder.before_objects(backends).await;
            environment.insert("PAYLOADS_ENDPOINT_URL".to_owned(), url);
        }
        let log = Log::default();
        let written = log.clone();
        let pool = Launch::of(name, &endpoint, &backends.queue_url)
            .in_environment(environment)
            // As Lambda says it, of the template's LoggingConfig.
            .with("AWS_LAMBDA_LOG_FORMAT", "JSON")
            .instances(instances)
            .logs(LogSink::new(move |_, line| {
                written.lock().unwrap().push(line.to_owned());
            }))
            .start();
        Self {
            pool,
            recorder,
            log,
        }
    }

    /// The lines that it has written so far, those that are JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        let log = self.log.lock().unwrap();
        let read = log.iter().map(|line| serde_json::from_str(line));
        read.filter_map(Result::ok).collect()
    }

    /// How much it has written into its log so far, in bytes, as `CloudWatch` bills it: 26 more for each line.
    pub(crate) fn logged_bytes(&self) -> u32 {
        let log = self.log.lock().unwrap();
        let bytes: usize = log.iter().map(|line| line.len() + 26).sum();
        u32::try_from(bytes).expect("no test logs that much")
    }

    /// What the function answers to an event.
    pub(crate) async fn invoke(&self, event: &str) -> Value {
        let answer = tokio::time::timeout(PATIENCE, self.pool.invoke(event.to_owned())).await;
        let answer = answer
            .expect("an answer in time")
            .unwrap_or_else(|error| panic!("no answer: {error}"));
        serde_json::from_slice(&answer).expect("the answer is JSON")
    }

    /// What the function answers to a gateway's event.
    pub(crate) async fn answer(&self, event: &str) -> Answer {
        Answer::read(&self.invoke(event).await)
    }
}

impl Answer {
    fn read(answer: &Value) -> Self {
        let single = answer["headers"].as_object().into_iter().flatten();
        let several = answer["multiValueHeaders"]
            .as_object()
            .into_iter()
            .flatten();
        let headers = single.chain(several).map(|(name, value)| {
            let value = value.get(0).unwrap_or(value);
            (name.to_lowercase(), text(value).to_owned())
        });
        let body = answer["body"].as_str().unwrap_or_default();
        Self {
            status: answer["statusCode"].as_u64().expect("a status"),
            headers: headers.collect(),
            body: serde_json::from_str(body).unwrap_or(Value::Null),
        }
    }

    /// The header, which must exist.
    pub(crate) fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }
}

/// The environment of a function, as CloudFormation would fill it in.
fn environment(
    function: &str,
    parameters: &[(&str, &str)],
    backends: &Backends,
) -> BTreeMap<String, String> {
    let template = Template::with(parameters);
    let logical_name = match function {
        "submit" => "SubmitFunction",
        "status" => "StatusFunction",
        _ => "WorkerFunction",
    };
    let given = |parameter: &str| {
        let given = parameters.iter().find(|(name, _)| *name == parameter);
        given.map(|(_, value)| (*value).to_owned())
    };
    let value_of = |value: &Value| match value["Ref"].as_str() {
        Some("Jobs") => TABLE.to_owned(),
        Some("JobQueue") => backends.queue_url.clone(),
        Some("CallbackQueue") => backends.callback_queue_url.clone(),
        Some("Schedules") => local::SCHEDULE_GROUP.to_owned(),
        Some("Payloads") => local::BUCKET.to_owned(),
        Some(name) => given(name).unwrap_or_else(|| match template.map("/Parameters").get(name) {
            Some(parameter) => plain(&parameter["Default"]),
            // A resource of a kind's.
            None => name.to_owned(),
        }),
        None if value["Fn::GetAtt"] == "ScheduleRole.Arn" => SCHEDULE_ROLE_ARN.to_owned(),
        None if value["Fn::GetAtt"] == "UndeliveredSchedules.Arn" => {
            backends.undelivered_arn.clone()
        }
        None if value["Fn::Sub"] == "Accepted/${AWS::StackName}" => NAMESPACE.to_owned(),
        None if value.to_string().contains("${IdSecret") => {
            given("IdSecret").unwrap_or_else(|| ID_SECRET.to_owned())
        }
        None if value["Fn::GetAtt"] == "HttpApi.ApiEndpoint" => {
            "https://api.example.com".to_owned()
        }
        // Of a kind's, too.
        None => plain(value),
    };
    template
        .environment(logical_name)
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value_of(value)))
        .collect()
}

/// A request as the HTTP API sends it when somebody has signed it.
pub(crate) fn http_api_event(method: &str, path: &str, body: &Value) -> String {
    http_api_event_with(&[], method, path, body)
}

/// The same with these headers besides.
pub(crate) fn http_api_event_with(
    more: &[(&str, &str)],
    method: &str,
    path: &str,
    body: &Value,
) -> String {
    let signed = json!({ "iam": { "userArn": "arn:aws:iam::123456789012:user/tests", "userId": "AIDADBQP57FF2AEXAMPLE" } });
    event(&signed, more, method, path, body)
}

/// A request as the HTTP API sends it after this authorizer; null when there was none.
pub(crate) fn http_api_event_of(
    authorizer: &Value,
    method: &str,
    path: &str,
    body: &Value,
) -> String {
    event(authorizer, &[], method, path, body)
}

fn event(
    authorizer: &Value,
    more: &[(&str, &str)],
    method: &str,
    path: &str,
    body: &Value,
) -> String {
    let mut headers = json!({ "host": "api.example.com", "content-type": "application/json" });
    for (name, value) in more {
        headers[*name] = json!(value);
    }
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "stage": "$default",
            "domainName": "api.example.com",
            "authorizer": authorizer,
            "http": { "method": method, "path": path },
            "requestId": "request",
        },
        "body": (!body.is_null()).then(|| body.to_string()),
        "isBase64Encoded": false,
    })
    .to_string()
}

/// An event of these messages, as an event source mapping makes it.
pub(crate) fn sqs_event(messages: &[Message]) -> String {
    let record = |message: &Message| {
        let attributes: BTreeMap<_, _> = message
            .attributes()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.as_str(), value))
            .collect();
        json!({
            "messageId": message.message_id(),
            "receiptHandle": message.receipt_handle(),
            "body": message.body(),
            "attributes": attributes,
            "messageAttributes": {},
            "eventSource": "aws:sqs",
        })
    };
    let records: Vec<_> = messages.iter().map(record).collect();
    json!({ "Records": records }).to_string()
}
