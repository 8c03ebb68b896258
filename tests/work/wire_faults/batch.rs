//! What a batch makes of a fault: of the call that sends ten of its messages, of one message in it, of one record, and of the read before.

use std::time::Duration;

use rehearse::faults::Fault;
use serde_json::Value;

use super::faulty_app::FaultyApp;
use super::script::{Case, Step};
use super::{FOR_GOOD, cases};
use crate::app::{Answer, eventually};

/// Two calls that send: the last item has the second one to itself.
const ITEMS: usize = 11;
const LAST: usize = ITEMS - 1;

/// The indices of the items that are no jobs. Each of them is 503.
fn missing(answer: &Answer) -> Vec<usize> {
    let document = match answer.status {
        202 => answer.json(),
        _ => answer.problem(503, "unavailable"),
    };
    let items = document["items"].as_array().unwrap();
    let missing = items.iter().enumerate().filter(|(_, item)| {
        assert!(
            item["job"].is_object() || item["problem"]["status"] == 503,
            "{item}"
        );
        item["job"].is_null()
    });
    missing.map(|(index, _)| index).collect()
}

fn replays(answer: &Answer) -> usize {
    let items = &answer.json()["items"];
    let items = items.as_array().into_iter().flatten();
    items.filter(|item| item["replayed"] == true).count()
}

#[tokio::test]
async fn each_item_is_accepted_or_503_and_the_key_ends_with_one_job_for_each() {
    let app = FaultyApp::start(Duration::from_secs(20), 120).await;
    app.take_messages();
    let mut cases = cases(&[Step::Read, Step::Send, Step::Create], &[1, FOR_GOOD]);
    // The item is the first of its call.
    cases.push(Case::new(Step::Send, Fault::EntryFails(0), 1));
    app.each(cases, async |app, case| {
        let key = app.arm_item(&case, LAST);
        let first = app.submit_batch(&key, ITEMS).await;
        app.assert_item_met(&key, LAST, &case);
        let is_entry = matches!(case.fault, Fault::EntryFails(_));
        let expected = match case.step {
            Step::Read if case.times > 1 => (0..ITEMS).collect(),
            _ if case.times > 1 || is_entry => vec![LAST],
            _ => Vec::new(),
        };
        let first_missing = missing(&first);
        let is_as_expected = first_missing == expected;

        // As a client does that was told 503.
        let again = eventually("all jobs", async || {
            let again = app.submit_batch(&key, ITEMS).await;
            missing(&again).is_empty().then_some(again)
        })
        .await;

        // What was accepted before is there.
        assert!(
            replays(&again) >= ITEMS - first_missing.len(),
            "{case:?}: {again:?}"
        );
        let starts = app.starts_of_items(&key, ITEMS).await;
        is_as_expected && starts == [1; ITEMS]
    })
    .await;
    app.assert_kept();
}

#[tokio::test]
async fn what_was_finished_is_told_when_the_time_ends_before_the_rest() {
    let app = FaultyApp::start(Duration::from_secs(20), 120).await;
    let case = Case::new(Step::Create, Fault::HangBefore, FOR_GOOD);
    let key = app.arm_later(&case);
    // Each of these writes takes 4 s, and 25 are under way at once: longer than a command may take.
    for index in 10..100 {
        app.arm_another(&key, index, &case);
    }

    let answer = app.submit_batch(&key, 100).await;

    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(missing(&answer), (10..100).collect::<Vec<_>>());
    let told = |item: &Value| item["job"]["summary"].as_str().map(str::to_owned);
    let items = answer.json()["items"].as_array().unwrap().clone();
    let expected: Vec<_> = (0..10).map(|index| Some(index.to_string())).collect();
    assert_eq!(items[..10].iter().map(told).collect::<Vec<_>>(), expected);
    app.assert_kept();
}
