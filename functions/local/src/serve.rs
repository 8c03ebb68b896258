//! `serve`: runs the service until Ctrl-C.

use std::process::ExitCode;

use crate::backends::Endpoints;
use crate::clients::REGION;
use crate::conclusion::{Ended, stop_signal};
use crate::gateway_authorizer::Authorizer;
use crate::gateway_signature::KeyPair;
use crate::service::Service;
use crate::service_options::ServiceOptions;

/// Serves until Ctrl-C or SIGTERM.
pub(crate) async fn serve(options: ServiceOptions) -> Ended {
    let service = Service::start(options.clone()).await?;
    println!("{}", welcome(&service, &options));
    let stopped = stop_signal().await;
    eprintln!("\nstopping");
    service.stop().await;
    stopped?;
    Ok(ExitCode::SUCCESS)
}

/// The addresses of the service, and commands to try.
fn welcome(service: &Service, options: &ServiceOptions) -> String {
    let url = &service.url;
    let Endpoints {
        dynamodb,
        sqs,
        s3,
        scheduler,
    } = &service.backends.endpoints;
    let kept = match &options.data {
        Some(folder) => format!(
            "records, messages, schedules and large payloads are kept in {}",
            folder.display()
        ),
        None => "nothing is kept when it stops (--data DIR keeps records, messages, schedules and large payloads)".to_owned(),
    };
    let try_it = try_it(url, &options.authorizer);
    format!(
        "Accepted, asynchronous jobs over HTTP: the whole service on this machine, for development and tests.

  API       {url}
  DynamoDB  {dynamodb}  (embedded, table jobs)
  SQS       {sqs}  (embedded, queues jobs and callbacks)
  S3        {s3}  (embedded, bucket payloads)
  Scheduler {scheduler}  (embedded, group jobs)
  {kept}

{try_it}

Ctrl-C stops everything."
    )
}

/// Commands to try, and the credentials that they need.
fn try_it(url: &str, authorizer: &Authorizer) -> String {
    match authorizer {
        Authorizer::Name => format!(
            "Try it:
  curl -i {url}/jobs -H 'content-type: application/json' -d '{{\"name\": \"csv_profile\", \"input\": {{\"csv\": \"city,people\\nParis,2\\nRome,3\\n\"}}}}'
  curl -i {url}/jobs -H 'content-type: application/json' -d '{{\"name\": \"rehearsal\", \"input\": {{\"seconds\": 20}}}}'
  curl -s {url}/jobs
  cargo run -- watch ID --url {url}        (a job's id or status URI, with a progress bar)"
        ),
        Authorizer::Iam(KeyPair { id, secret }) => format!(
            "Requests must be signed (AWS Signature Version 4, region {REGION}, service execute-api). Credentials of this run:
  export AWS_ACCESS_KEY_ID={id} AWS_SECRET_ACCESS_KEY={secret}
  cargo run -- submit rehearsal '{{\"seconds\": 20}}' --watch --region {REGION} --url {url}
  cargo run -- open --region {REGION} --url {url}
  curl -i {url}/jobs --aws-sigv4 aws:amz:{REGION}:execute-api --user \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\"
or in ~/.aws/credentials, for --profile local:
  [local]
  aws_access_key_id = {id}
  aws_secret_access_key = {secret}
  region = {REGION}"
        ),
        Authorizer::Jwt(issuer) => format!(
            "Requests must have a bearer token. A token of this run, for the subject `local`:
  export TOKEN={}
  cargo run -- submit rehearsal '{{\"seconds\": 20}}' --watch --url {url} --header \"Authorization: Bearer $TOKEN\"",
            issuer.token("local")
        ),
    }
}
