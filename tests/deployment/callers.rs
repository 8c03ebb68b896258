//! Who is let in, and whose jobs they see: what the gateway's authorizer makes of a request, at the functions as they are
//! deployed.

use serde_json::{Value, json};

use crate::deployment::answers::a_job;
use crate::deployment::deployed::{
    Answer, Deployed, Function, http_api_event, http_api_event_of, http_api_event_with,
};

async fn submit(function: &Function, authorizer: &Value) -> Answer {
    let event = http_api_event_of(authorizer, "POST", "/jobs", &a_job());
    function.answer(&event).await
}

/// What a caller is answered who asks for a job in every way there is.
async fn asked_by(deployed: &Deployed, authorizer: &Value, job: &str) -> [u64; 4] {
    let event = |method: &str, rest: &str| {
        let path = format!("/jobs/{job}{rest}");
        http_api_event_of(authorizer, method, &path, &Value::Null)
    };
    [
        deployed.status.answer(&event("GET", "")).await.status,
        deployed
            .status
            .answer(&event("GET", "/result"))
            .await
            .status,
        deployed
            .submit
            .answer(&event("POST", "/cancel"))
            .await
            .status,
        deployed.submit.answer(&event("DELETE", "")).await.status,
    ]
}

fn id(answer: &Answer) -> &str {
    answer.body["task"]["id"].as_str().expect("an id")
}

#[tokio::test]
async fn a_request_that_nobody_signed_is_403_also_when_a_route_has_lost_its_authorizer() {
    for parameters in [&[][..], &[("Authorization", "JWT")]] {
        let deployed = Deployed::with_parameters(parameters).await;

        let submitted = submit(&deployed.submit, &Value::Null).await;
        let list = http_api_event_of(&Value::Null, "GET", "/jobs", &Value::Null);
        let listed = deployed.status.answer(&list).await;

        assert_eq!((submitted.status, listed.status), (403, 403));
        assert!(deployed.backends.messages().await.is_empty());
        assert!(deployed.submit.recorder.actions().is_empty());
    }
}

#[tokio::test]
async fn everybody_is_let_in_when_the_deployer_says_so() {
    let deployed = Deployed::with_parameters(&[("Authorization", "NONE")]).await;

    let answer = submit(&deployed.submit, &Value::Null).await;

    assert_eq!(answer.status, 202);
    assert_eq!(answer.body["job"]["owner"], "anonymous");
}

#[tokio::test]
async fn a_principal_s_job_is_404_for_every_other_principal() {
    let principal = |arn: &str| json!({ "iam": { "userArn": arn } });
    let reports = principal("arn:aws:sts::123456789012:assumed-role/reports/monday");
    let deployed = Deployed::new().await;
    let answer = submit(&deployed.submit, &reports).await;

    for other in [
        "arn:aws:iam::123456789012:user/reports",
        "arn:aws:sts::123456789012:assumed-role/billing/monday",
        "arn:aws:sts::999999999999:assumed-role/reports/monday",
    ] {
        let asked = asked_by(&deployed, &principal(other), id(&answer)).await;
        assert_eq!(asked, [404; 4], "{other}");
    }
    // Somebody else deleted the role and created one of the same name.
    let with_id = |id: &str| {
        let arn = "arn:aws:sts::123456789012:assumed-role/reports/monday";
        json!({ "iam": { "userArn": arn, "userId": format!("{id}:monday") } })
    };
    let of_the_first = submit(&deployed.submit, &with_id("AROAFIRST")).await;
    let asked = asked_by(&deployed, &with_id("AROASECOND"), id(&of_the_first)).await;
    assert_eq!(asked, [404; 4]);
    let same_role = principal("arn:aws:sts::123456789012:assumed-role/reports/tuesday");
    assert_eq!(
        asked_by(&deployed, &same_role, id(&answer)).await,
        [200, 404, 200, 204]
    );
}

#[tokio::test]
async fn a_subject_s_job_is_404_for_every_other_subject_and_issuer() {
    let token = |issuer: &str, subject: &str| json!({ "jwt": { "claims": { "iss": issuer, "sub": subject } } });
    let alice = token("https://login.example.com", "alice");
    let deployed = Deployed::with_parameters(&[("Authorization", "JWT")]).await;
    let answer = submit(&deployed.submit, &alice).await;

    for other in [
        token("https://login.example.com", "bob"),
        token("https://login.example.org", "alice"),
    ] {
        let asked = asked_by(&deployed, &other, id(&answer)).await;
        assert_eq!(asked, [404; 4], "{other}");
    }
    assert_eq!(
        asked_by(&deployed, &alice, id(&answer)).await,
        [200, 404, 200, 204]
    );
}

#[tokio::test]
async fn a_new_secret_before_the_old_one_breaks_no_uri() {
    const OLD: &str = "the-old-secret-of-32-characters-or-more";
    const NEW: &str = "the-new-secret-of-32-characters-or-more";
    let deployed = Deployed::with_parameters(&[("IdSecret", OLD)]).await;
    let before = submit_signed(&deployed).await;

    let deployed = deployed
        .updated(&[("IdSecret", &format!("{NEW},{OLD}"))])
        .await;
    let after = submit_signed(&deployed).await;
    assert_eq!(status(&deployed, id(&before)).await, 200);
    assert_eq!(status(&deployed, id(&after)).await, 200);

    // New ids are the new secret's alone. And this happens without the old one.
    let deployed = deployed.updated(&[("IdSecret", NEW)]).await;
    assert_eq!(status(&deployed, id(&after)).await, 200);
    assert_eq!(status(&deployed, id(&before)).await, 404);
}

/// Each step of a rotation is a deployment, and CloudFormation updates the functions one after the other.
#[tokio::test]
async fn in_a_rotation_no_function_is_ahead_of_what_the_others_know() {
    const OLD: &str = "the-old-secret-of-32-characters-or-more";
    const NEW: &str = "the-new-secret-of-32-characters-or-more";
    let steps = [
        OLD.to_owned(),
        format!("{OLD},{NEW}"),
        format!("{NEW},{OLD}"),
    ];
    let deployed = Deployed::with_parameters(&[("IdSecret", OLD)]).await;
    let mut functions = Vec::new();
    for step in &steps {
        functions.push(deployed.beside(&[("IdSecret", step)]).await);
    }

    let mut jobs = Vec::new();
    for (one, other) in [(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 1), (2, 2)] {
        let ([submit, status], [other_submit, other_status]) = (&functions[one], &functions[other]);
        let key = format!("{one}-{other}");
        let submitted = under_key(submit, &key).await;
        let again = under_key(other_submit, &key).await;
        let once_more = under_key(submit, &key).await;

        assert_eq!([&again, &once_more].map(id), [id(&submitted); 2], "{key}");
        assert_eq!(again.header("idempotency-replayed"), "true", "{key}");
        let unkeyed = submit
            .answer(&http_api_event("POST", "/jobs", &a_job()))
            .await;
        for job in [&submitted, &unkeyed] {
            let statuses = [
                status_at(status, id(job)).await,
                status_at(other_status, id(job)).await,
            ];
            assert_eq!(statuses, [200; 2], "{key}");
            jobs.push(id(job).to_owned());
        }
    }

    let [_, last] = &functions[2];
    for job in &jobs {
        assert_eq!(status_at(last, job).await, 200);
    }
    // What one deployment of both steps would do.
    let ([ahead, _], [_, behind]) = (&functions[2], &functions[0]);
    let submitted = under_key(ahead, "ahead").await;
    assert_eq!(status_at(behind, id(&submitted)).await, 404);
}

async fn under_key(submit: &Function, key: &str) -> Answer {
    let headers = [("idempotency-key", key)];
    let event = http_api_event_with(&headers, "POST", "/jobs", &a_job());
    let answer = submit.answer(&event).await;
    assert_eq!(answer.status, 202, "{}", answer.body);
    answer
}

async fn submit_signed(deployed: &Deployed) -> Answer {
    let event = http_api_event("POST", "/jobs", &a_job());
    let answer = deployed.submit.answer(&event).await;
    assert_eq!(answer.status, 202);
    answer
}

async fn status(deployed: &Deployed, job: &str) -> u64 {
    status_at(&deployed.status, job).await
}

async fn status_at(function: &Function, job: &str) -> u64 {
    let event = http_api_event("GET", &format!("/jobs/{job}"), &Value::Null);
    function.answer(&event).await.status
}
