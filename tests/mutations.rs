//! Results of the store's checks when one part of one condition is left out.
//!
//! The parts come from what the store sends, seen at the wire while its checks run; [`engine::Condition::ALL`] says what there
//! has to be to see. A front before an embedded DynamoDB leaves the part out of each request that has it, so the code under
//! test is the code that is deployed.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "this is test code: what cannot go on panics"
)]

mod mutator;
mod part;
mod trial;
mod write;

use std::collections::{BTreeMap, BTreeSet};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use engine::Condition;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::store::{self, Check};
use part::{Part, one_line, parts};
use trial::missed_by;
use write::Write;

/// Trials at once. Each waits for its database most of the time.
const AT_ONCE: usize = 4;

/// The writes that the checks make, each with the checks that make it: those first that make few others, and are quick.
type Writes = BTreeMap<Write, Vec<&'static Check>>;

/// How many kinds of write a check makes, and how long it takes.
type Order = (usize, Duration);

/// Runs it all and prints it.
pub(crate) async fn run() -> ExitCode {
    let began = Instant::now();
    let (writes, mut complaints) = observe().await;
    complaints.extend(unaccounted(&writes));
    // From here on checks fail as intended, so their panics are not shown.
    std::panic::set_hook(Box::new(|_| ()));
    let outcomes = mutate(&writes).await;
    for condition in Condition::ALL {
        print_condition(*condition, &outcomes);
    }
    complaints.extend(outcomes.iter().filter_map(complaint));
    for complaint in &complaints {
        println!("NOT SHOWN  {complaint}");
    }
    println!(
        "{} parts of {} conditions taken out of {} kinds of write, {} not missed; {} s",
        outcomes.len(),
        Condition::ALL.len(),
        writes.len(),
        complaints.len(),
        began.elapsed().as_secs()
    );
    if complaints.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// Runs every check as it is, and tells what it writes and how long it takes.
async fn observe() -> (Writes, Vec<String>) {
    let mut running = JoinSet::new();
    let places = Arc::new(Semaphore::new(AT_ONCE));
    for check in store::all() {
        let places = places.clone();
        running.spawn(async move {
            let _place = places.acquire().await;
            let began = Instant::now();
            let (outcome, passed) = trial::run(check, None).await;
            (check, outcome, began.elapsed(), passed.seen)
        });
    }
    let mut timed: BTreeMap<Write, Vec<(Order, &'static Check)>> = BTreeMap::new();
    let mut complaints = Vec::new();
    for (check, outcome, took, seen) in running.join_all().await {
        // One that makes no such write has nothing to say here.
        if let Err(why) = outcome
            && !seen.is_empty()
        {
            complaints.push(format!("{} fails as it is: {why}", check.name));
        }
        let kinds = seen.len();
        for write in seen {
            let checks = timed.entry(write).or_default();
            checks.push(((kinds, took), check));
        }
    }
    let in_order = timed.into_iter().map(|(write, mut checks)| {
        checks.sort_by_key(|(order, _)| *order);
        (write, checks.into_iter().map(|(_, check)| check).collect())
    });
    (in_order.collect(), complaints)
}

/// Conditions that no check makes the store use, and conditions at the wire that the list does not have.
fn unaccounted(writes: &Writes) -> Vec<String> {
    let listed: BTreeSet<_> = Condition::ALL
        .iter()
        .map(|condition| one_line(condition.expression()))
        .collect();
    let seen: BTreeSet<_> = writes.keys().map(|write| write.condition.clone()).collect();
    let unused = listed.difference(&seen);
    let unlisted = seen.difference(&listed);
    unused
        .map(|condition| format!("no check writes under: {condition}"))
        .chain(unlisted.map(|condition| format!("not in Condition::ALL: {condition}")))
        .collect()
}

/// Outcome of leaving one part out.
struct Outcome {
    write: Write,
    part: Part,
    /// The check that failed, or why no check failed.
    missed_by: Result<&'static str, String>,
}

async fn mutate(writes: &Writes) -> Vec<Outcome> {
    let mut running = JoinSet::new();
    let places = Arc::new(Semaphore::new(AT_ONCE));
    for (write, checks) in writes {
        for part in parts(&write.condition) {
            let (places, write, checks) = (places.clone(), write.clone(), checks.clone());
            running.spawn(async move {
                let _place = places.acquire().await;
                let missed_by = missed_by(&write, &part, &checks).await;
                Outcome {
                    write,
                    part,
                    missed_by,
                }
            });
        }
    }
    let mut outcomes = running.join_all().await;
    outcomes.sort_by(|a, b| (&a.write, a.part.place).cmp(&(&b.write, b.part.place)));
    outcomes
}

fn complaint(outcome: &Outcome) -> Option<String> {
    let why = outcome.missed_by.as_ref().err()?;
    Some(format!(
        "{} without `{}`: {why}",
        outcome.write.name, outcome.part.text
    ))
}

fn print_condition(condition: Condition, outcomes: &[Outcome]) {
    println!("{condition:?}: {}", condition.race().trim());
    let expression = one_line(condition.expression());
    for outcome in outcomes
        .iter()
        .filter(|outcome| outcome.write.condition == expression)
    {
        let missed_by = outcome.missed_by.as_ref().map_or("NOT MISSED", |name| name);
        println!(
            "  {:<17} without {:<48} fails {missed_by}",
            outcome.write.name, outcome.part.text
        );
    }
    println!();
}
