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
/// An item amid the ten of the first call.
const MIDDLE: usize = 4;

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
    for fault in [Fault::EntryFails(MIDDLE), Fault::EntryUnnamed(MIDDLE)] {
        cases.push(Case::new(Step::Send, fault, 1));
    }
    // The item is the first key of its call.
    cases.push(Case::new(Step::Read, Fault::EntryFails(0), FOR_GOOD));
    app.each(cases, async |app, case| {
        let (item, is_message) = match case.fault {
            Fault::EntryFails(0) => (0, false),
            Fault::EntryFails(_) | Fault::EntryUnnamed(_) => (MIDDLE, true),
            _ => (LAST, false),
        };
        let key = app.arm_item(&case, item);
        let first = app.submit_batch(&key, ITEMS).await;
        // On a busy machine, the call before it may have come to nothing.
        let is_met = app.was_item_met(&key, item);
        let expected = match case.step {
            Step::Read if case.times > 1 => (0..ITEMS).collect(),
            _ if case.times > 1 || is_message => vec![item],
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
        is_met && is_as_expected && starts == [1; ITEMS]
    })
    .await;
    app.assert_kept();
}

#[tokio::test]
async fn a_key_that_a_read_leaves_out_is_read_again_for_a_batch_and_for_the_list() {
    let app = FaultyApp::start(Duration::from_secs(20), 120).await;
    let case = Case::new(Step::Read, Fault::EntryFails(MIDDLE), 1);
    let key = app.arm_later(&case);
    eventually("all jobs", async || {
        let first = app.submit_batch(&key, ITEMS).await;
        missing(&first).is_empty().then_some(())
    })
    .await;
    // A job that is not found would be sent once more.
    app.arm_any(Case::new(Step::Send, Fault::ErrorBefore, FOR_GOOD));

    app.arm_another(&key, MIDDLE, &case);
    let again = app.submit_batch(&key, ITEMS).await;
    assert!(app.was_item_met(&key, MIDDLE));
    app.arm_another(&key, MIDDLE, &case);
    let list = app.list().await;
    assert!(app.was_item_met(&key, MIDDLE));

    assert_eq!(replays(&again), ITEMS, "{again:?}");
    assert_eq!(list.json()["jobs"].as_array().unwrap().len(), ITEMS);
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
