use client::Exit;
use serde_json::json;

use crate::run;
use crate::scripted::{Answer, ID, Service};

#[tokio::test]
async fn result_prints_the_json_as_it_came() {
    let text = r#"{"rows": 1.10, "columns": []}"#;
    let service = Service::start(vec![Answer::text(200, text)]).await;

    assert_eq!(
        run(&service, &["result", ID]).await,
        (Exit::Success, format!("{text}\n"))
    );
}

#[tokio::test]
async fn a_result_that_is_not_there_yet_or_never_has_its_own_exit_code() {
    for status in [404, 410] {
        let answer = Answer::problem(status, "No result");
        let service = Service::start(vec![answer]).await;

        assert_eq!(
            run(&service, &["result", ID]).await,
            (Exit::Gone, String::new())
        );
    }
}

#[tokio::test]
async fn cancel_and_delete_speak_the_contract() {
    let service = Service::start(vec![
        Answer::accepted(),
        Answer::problem(409, "Job finished"),
        Answer::text(204, ""),
        Answer::problem(409, "Job active"),
    ])
    .await;

    let mut exits = Vec::new();
    for command in ["cancel", "cancel", "delete", "delete"] {
        exits.push(run(&service, &[command, ID]).await.0);
    }

    assert_eq!(
        exits,
        [Exit::Success, Exit::Usage, Exit::Success, Exit::Usage]
    );
    let lines: Vec<_> = service
        .requests()
        .iter()
        .map(|request| request.line.clone())
        .collect();
    assert_eq!(lines[0], format!("POST /jobs/{ID}/cancel"));
    assert_eq!(lines[2], format!("DELETE /jobs/{ID}"));
}

#[tokio::test]
async fn list_shows_a_page_and_all_pages_when_asked() {
    let pages = || {
        let job = |n: u8| json!({"id": format!("job-{n}"), "name": "csv_profile", "job-state": "STARTED", "job-status": "INPROGRESS"});
        vec![
            Answer::json(
                200,
                &json!({"jobs": [job(1), job(2)], "next": "/jobs?limit=2&cursor=c1"}),
            ),
            Answer::json(200, &json!({"jobs": [job(3)], "next": null})),
        ]
    };
    let first = Service::start(pages()).await;
    let all = Service::start(pages()).await;

    let (_, one_page) = run(
        &first,
        &["list", "--limit", "2", "--job-status", "inprogress"],
    )
    .await;
    let (_, every_page) = run(&all, &["list", "--all"]).await;

    assert_eq!(
        first.requests()[0].line,
        "GET /jobs?limit=2&job-status=INPROGRESS"
    );
    assert!(
        one_page.contains("job-2") && !one_page.contains("job-3"),
        "{one_page}"
    );
    assert!(
        every_page.contains("job-1") && every_page.contains("job-3"),
        "{every_page}"
    );
    assert_eq!(all.requests()[1].line, "GET /jobs?limit=100&cursor=c1");
}
