//! The schedules of the service, seen past it.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{App, Job, eventually};

/// The embedded Scheduler looks at the scope only.
const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=tests/20260101/us-east-1/scheduler/aws4_request, SignedHeaders=host, Signature=0";

impl App {
    /// The name of the job's schedule, by its record.
    pub(crate) async fn schedule_name(&self, job: &Job) -> String {
        let record = self.record(job).await.expect("a record");
        record["schedule"].as_s().expect("a name").clone()
    }

    /// What `GetSchedule` answers, if there is a schedule of this name.
    pub(crate) async fn schedule(&self, name: &str) -> Option<Value> {
        let target = format!("{name}?groupName=jobs");
        let (status, document) = self
            .call_scheduler(Method::GET, &target, &Value::Null)
            .await;
        (status != StatusCode::NOT_FOUND).then_some(document)
    }

    /// Creates a schedule like another one.
    pub(crate) async fn create_schedule(&self, name: &str, like: &Value) {
        let mut definition = like.clone();
        let members = definition.as_object_mut().expect("an object");
        for member in [
            "Arn",
            "CreationDate",
            "LastModificationDate",
            "Name",
            "State",
        ] {
            members.remove(member);
        }
        definition["ClientToken"] = json!(name);
        let (status, answer) = self.call_scheduler(Method::POST, name, &definition).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
    }

    /// Waits until a schedule is gone, because it has fired.
    pub(crate) async fn until_fired(&self, name: &str) {
        eventually("a schedule that fires", async || {
            self.schedule(name).await.is_none().then_some(())
        })
        .await;
    }

    async fn call_scheduler(
        &self,
        method: Method,
        target: &str,
        body: &Value,
    ) -> (StatusCode, Value) {
        let url = format!("{}/schedules/{target}", self.service.scheduler_url);
        let request = self
            .http
            .request(method, url)
            .header("authorization", SIGNED);
        let answer = request.body(body.to_string()).send().await.unwrap();
        (answer.status(), answer.json().await.unwrap())
    }
}
