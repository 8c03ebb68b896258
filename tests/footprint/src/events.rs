//! What the functions are asked: the recorded events of the repository, with jobs of this table in them.

use dynoxide::Database;
use serde_json::{Value, json};

use crate::Error;
use crate::builds::{Builds, Function, Role};
use crate::process::Process;

const SUBMIT: &str = include_str!("../../../events/submit-http-api.json");
const STATUS: &str = include_str!("../../../events/status-http-api.json");
const WORKER: &str = include_str!("../../../events/worker-batch.json");

/// So many events for a function, of jobs that nobody has run yet.
///
/// # Errors
/// When `submit` accepts no job.
pub(crate) async fn events(
    role: Role,
    builds: &Builds,
    database: &Database,
    count: usize,
) -> Result<Vec<Value>, Error> {
    let submit = builds.ours(Role::Submit).ok_or(Error::Silent)?;
    match role {
        Role::Submit => Ok(vec![submission(&small_job())?; count]),
        Role::Status => {
            let (id, _) = accepted(submit, database, &[small_job()]).await?;
            Ok(vec![look_at(&id.concat())?; count])
        }
        Role::Worker => {
            let (_, messages) = accepted(submit, database, &vec![small_job(); count]).await?;
            messages.iter().map(|message| delivery(message)).collect()
        }
    }
}

/// An event with a job of the largest input that there may be: 1,047,552 bytes of request.
///
/// # Errors
/// When `submit` does not accept it.
pub(crate) async fn largest(builds: &Builds, database: &Database) -> Result<Value, Error> {
    let submit = builds.ours(Role::Submit).ok_or(Error::Silent)?;
    let (_, messages) = accepted(submit, database, &[large_job()]).await?;
    delivery(&messages.concat())
}

/// A job that does nothing, so that what is measured is the function and not the kind.
fn small_job() -> Value {
    json!({"name": "rehearsal", "input": {}, "summary": "nothing to do"})
}

/// A line feed takes two bytes in JSON.
fn large_job() -> Value {
    let line = |number: u32| {
        format!(
            "{number},station {},{}.{:02}\n",
            number % 97,
            number % 40,
            number % 89
        )
    };
    let mut csv = "id,name,degrees\n".to_owned();
    csv.extend((0..).map(line).scan(csv.len(), |bytes, line| {
        *bytes += line.len() + 1;
        (*bytes < 1_047_000).then_some(line)
    }));
    json!({"name": "csv_profile", "input": {"csv": csv}})
}

/// What `submit` makes of these jobs: ids and their messages.
async fn accepted(
    submit: &Function,
    database: &Database,
    jobs: &[Value],
) -> Result<(Vec<String>, Vec<String>), Error> {
    let mut process = Process::start(submit, database, &[]).await?;
    let mut ids = Vec::new();
    for job in jobs {
        let (_, answer) = process.cloud.invoke(&submission(job)?).await?;
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap_or_default())?;
        let id = body["job"]["id"]
            .as_str()
            .ok_or_else(|| Error::Unexpected(answer.to_string()))?;
        ids.push(id.to_owned());
    }
    let messages = process.cloud.take_messages();
    process.end().await?;
    Ok((ids, messages))
}

/// Without its `Idempotency-Key`: the first one would be a job, and all others replays.
fn submission(job: &Value) -> Result<Value, Error> {
    let mut event: Value = serde_json::from_str(SUBMIT)?;
    if let Some(headers) = event["headers"].as_object_mut() {
        headers.remove("idempotency-key");
    }
    event["body"] = job.to_string().into();
    Ok(event)
}

fn look_at(id: &str) -> Result<Value, Error> {
    let mut event: Value = serde_json::from_str(STATUS)?;
    let path = Value::from(format!("/jobs/{id}"));
    event["requestContext"]["http"]["path"] = path.clone();
    event["rawPath"] = path;
    Ok(event)
}

fn delivery(message: &str) -> Result<Value, Error> {
    let mut event: Value = serde_json::from_str(WORKER)?;
    if let Some(records) = event["Records"].as_array_mut() {
        records.truncate(1);
    }
    event["Records"][0]["body"] = message.into();
    Ok(event)
}
