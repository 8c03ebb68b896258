//! What a deployment and its kinds can choose, and the effect of each in dollars.

use serde::Serialize;

use super::assumptions::{Architecture, Assumptions};
use super::job::{Following, usage};
use super::prices::Prices;

/// How often a job is polled here.
const POLLS: u32 = 5;

/// One choice and its effect.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Choice {
    pub(super) what: &'static str,
    pub(super) value: String,
    pub(super) usd_a_million: f64,
    /// Against the first of its kind.
    pub(super) difference: f64,
    /// How the figure came about.
    pub(super) how: &'static str,
}

/// One thing to choose, its values, and how the effect of each is known.
type Tunable<'a> = (
    &'static str,
    &'static str,
    Vec<(String, Assumptions, Following)>,
);

/// Every choice, those of one thing together.
pub(super) fn choices(assumed: &Assumptions, prices: &Prices) -> Vec<Choice> {
    let all = [
        batches(assumed),
        api_memory(assumed),
        worker_memory(assumed),
        architectures(assumed),
        progress(assumed),
        holds(assumed),
        results(assumed),
    ];
    let each = all.into_iter().flat_map(|tunable| priced(tunable, prices));
    each.collect()
}

fn priced((what, how, values): Tunable<'_>, prices: &Prices) -> Vec<Choice> {
    let mut first = None;
    let each = values.into_iter().map(|(value, assumed, following)| {
        let usd_a_million = usage(&assumed, following).usd_a_million(prices);
        Choice {
            what,
            value,
            usd_a_million,
            difference: usd_a_million - *first.get_or_insert(usd_a_million),
            how,
        }
    });
    each.collect()
}

fn polled() -> Following {
    Following {
        polls: POLLS,
        ..Following::default()
    }
}

fn each<T: Copy>(
    values: &[T],
    shown: impl Fn(T) -> String,
    assume: impl Fn(T) -> Assumptions,
) -> Vec<(String, Assumptions, Following)> {
    let each = values.iter();
    each.map(|value| (shown(*value), assume(*value), polled()))
        .collect()
}

fn batches(assumed: &Assumptions) -> Tunable<'_> {
    let values = each(
        &[1, 5, 10],
        |jobs| format!("{jobs} in a batch"),
        |jobs_per_batch| Assumptions {
            jobs_per_batch,
            ..assumed.clone()
        },
    );
    (
        "jobs that `BatchSize` brings together",
        "calls counted, time computed",
        values,
    )
}

fn api_memory(assumed: &Assumptions) -> Tunable<'_> {
    let with = |api_memory| Assumptions {
        api_memory,
        ..assumed.clone()
    };
    let shown = |mb| {
        let (submit, poll) = (with(mb).submit_ms(), with(mb).status_ms());
        format!("{mb} MB: submit {submit} ms, poll {poll} ms")
    };
    let values = each(&[512, 128, 256, 1_024, 1_769], shown, with);
    ("`ApiMemoryMb`", "CPU measured, time computed", values)
}

fn worker_memory(assumed: &Assumptions) -> Tunable<'_> {
    let values = each(
        &[1_024, 512, 1_769],
        |mb| format!("{mb} MB, a job that waits"),
        |worker_memory| Assumptions {
            worker_memory,
            ..assumed.clone()
        },
    );
    ("`WorkerMemoryMb`", "CPU measured, time computed", values)
}

fn architectures(assumed: &Assumptions) -> Tunable<'_> {
    let values = [Architecture::Arm64, Architecture::X86].map(|architecture| {
        let name = match architecture {
            Architecture::Arm64 => "arm64",
            Architecture::X86 => "x86_64",
        };
        let assumed = Assumptions {
            architecture,
            ..assumed.clone()
        };
        (name.to_owned(), assumed, polled())
    });
    (
        "`Architecture`",
        "computed for the same durations",
        values.into(),
    )
}

fn progress(assumed: &Assumptions) -> Tunable<'_> {
    let values = each(
        &[0, 1, 10, 60],
        |writes| format!("writes: {writes}"),
        |progress_writes| Assumptions {
            progress_writes,
            ..assumed.clone()
        },
    );
    ("progress that a kind says", "counted", values)
}

fn holds(assumed: &Assumptions) -> Tunable<'_> {
    let mut values = vec![("5 polls".to_owned(), assumed.clone(), polled())];
    values.extend([200, 1_000, 5_000, 19_000].map(|job_ms: u32| {
        let held = Following {
            is_held: true,
            ..Following::default()
        };
        // Only what the hold costs is to be compared, not that a longer job costs more.
        let shown = format!("held, a job of {} s", f64::from(job_ms) / 1_000.0);
        (shown, assumed.clone().holding(job_ms), held)
    }));
    (
        "`Prefer: wait=20` in place of polls",
        "reads counted, time computed",
        values,
    )
}

fn results(assumed: &Assumptions) -> Tunable<'_> {
    let values = each(
        &[100, 10_000, 100_000],
        |bytes| format!("{bytes} bytes"),
        |result_bytes| Assumptions {
            result_bytes,
            ..assumed.clone()
        },
    );
    ("result of a kind", "by DynamoDB's rule", values)
}

#[cfg(test)]
mod tests {
    use super::super::assumptions::tests::by_hand;
    use super::*;

    fn difference(value: &str) -> f64 {
        let prices = Prices::load().unwrap();
        let choices = choices(&by_hand(), &prices);
        let found = choices.iter().find(|choice| choice.value == value);
        found.unwrap().difference
    }

    #[test]
    fn each_choice_has_the_effect_that_a_hand_computes() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} and {b}");
        near(difference("writes: 60"), 60.0 * 0.625);
        // An item of its own: 98 units to write, and 25 to read at half the price.
        near(difference("100000 bytes"), 98.0 * 0.625 + 12.5 * 0.125);
        // 1.05 GB-s and 0.07 of submit and polls, at the two prices.
        let gb_seconds = 1.05 + 0.01 + 5.0 * 0.005;
        near(difference("x86_64"), gb_seconds * 3.3333);
    }
}
