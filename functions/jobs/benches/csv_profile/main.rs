//! How fast `csv_profile` is: bytes of CSV text a second, on one core.
//!
//! ```sh
//! cargo bench --workspace --bench csv_profile                                # the demo's data, and texts of several shapes
//! CSV_FILES=one.csv:two.csv cargo bench --workspace --bench csv_profile      # files of one's own, too
//! STATS_TOOL=xsv cargo bench --workspace --bench csv_profile                 # and next to `xsv stats` (or `qsv stats`) in the same run
//! cargo bench --workspace --bench csv_profile -- --quick airports            # criterion's options
//! ```
//!
//! Each text is a job as the worker runs it: its input is JSON, it says how far it is, its result is JSON. The bytes are those of
//! the CSV text. A text that is no larger than a message is profiled as it is, so its tables start empty each time.

#![expect(
    clippy::expect_used,
    reason = "where a bench cannot go on there is nothing to measure"
)]

mod rival;
mod texts;

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use engine::{Runner, Runners, test_kit};
use tokio::runtime::Runtime;

use crate::rival::compare;
use crate::texts::{Text, texts};

fn main() {
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let worker = Worker::new();
    let texts = texts();
    let mut group = criterion.benchmark_group("csv_profile");
    for Text { name, csv } in &texts {
        let input = input(csv);
        group.throughput(Throughput::Bytes(csv.len() as u64));
        group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
            bencher.iter(|| worker.run(&input));
        });
    }
    group.finish();
    criterion.final_summary();
    if !std::env::args().any(|argument| argument == "--test") {
        compare(&worker, &texts);
    }
}

/// What a worker has for one job: the kind, and an async runtime on one thread.
struct Worker {
    runner: Runner,
    runtime: Runtime,
}

impl Worker {
    fn new() -> Self {
        let runners = Runners::of(Vec::new(), jobs::register).expect("the kinds are in order");
        let kind = "csv_profile".parse().expect("it is a kind's name");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        Self {
            runner: *runners.get(&kind).expect("it is one of the kinds"),
            runtime: runtime.expect("one thread is all that it takes"),
        }
    }

    /// Runs a job: its result as JSON.
    fn run(&self, input: &str) -> String {
        let (context, _control) = test_kit::context(1);
        let result = self.runtime.block_on(self.runner.run(input, context));
        result.expect("the text is well-formed")
    }
}

/// The input of a job, as it stands in its message.
fn input(csv: &str) -> String {
    serde_json::json!({ "csv": csv }).to_string()
}
