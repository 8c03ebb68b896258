//! How far one stack goes: each limit of AWS and of the template, and at how many jobs a second it is met.

use serde::Serialize;

use super::What;
use super::assumptions::Assumptions;
use super::heat::{PARTITION_WRITE_UNITS, owner_limit, owner_limits_on_a_new_index};

/// `ThrottlingRateLimit`, `MaximumConcurrency` and `BatchSize` of the template by default; a test compares them.
pub const TEMPLATE_DEFAULTS: [(&str, u32); 3] = [
    ("ThrottlingRateLimit", 100),
    ("MaximumConcurrency", 5),
    ("BatchSize", 10),
];

/// Requests a second of an account in a region, all APIs together; in some regions 2,500. AWS raises it on request.
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html>
const ACCOUNT_REQUESTS: f64 = 10_000.0;

/// Invocations at once of an account in a region; new accounts have less. AWS raises it on request.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
const ACCOUNT_CONCURRENCY: f64 = 1_000.0;

/// Batches at once of an event source mapping. It begins with 5 and adds 300 a minute.
/// <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html>
const MAPPING_CONCURRENCY: f64 = 1_000.0;

/// Messages of a standard queue that are received and not deleted.
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>
const IN_FLIGHT: f64 = 120_000.0;

/// Write units a second that a new table on demand takes, and its index. It doubles its last peak within half an hour.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/on-demand-capacity-mode.html>
const NEW_TABLE_WRITES: f64 = 4_000.0;

/// Write units, or read units, a second of a table on demand, unless AWS raises it.
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html>
const TABLE_UNITS: f64 = 40_000.0;

/// A limit.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Limit {
    pub(super) what: &'static str,
    /// What it is a limit of, in its own unit.
    pub(super) is: String,
    /// The rate at which it is met.
    pub(super) jobs_a_second: f64,
    pub(super) change: &'static str,
}

fn default_of(parameter: &str) -> f64 {
    let found = TEMPLATE_DEFAULTS
        .iter()
        .find(|(name, _)| *name == parameter);
    found.map_or(f64::NAN, |(_, value)| f64::from(*value))
}

/// Every limit for jobs that are polled so often, the one that is met first before the others.
pub(super) fn limits(assumed: &Assumptions, polls: u32) -> Vec<Limit> {
    let mut limits = gateway(polls);
    limits.extend(functions(assumed, polls));
    limits.extend(table(assumed, polls));
    limits.extend(index());
    limits.sort_by(|a, b| a.jobs_a_second.total_cmp(&b.jobs_a_second));
    limits
}

fn gateway(polls: u32) -> Vec<Limit> {
    let polls = f64::from(polls);
    let rate = default_of("ThrottlingRateLimit");
    vec![
        Limit {
            what: "API, each route",
            is: format!("{rate} requests/s"),
            jobs_a_second: rate / polls.max(1.0),
            change: "`ThrottlingRateLimit`, `ThrottlingBurstLimit`; fewer polls",
        },
        Limit {
            what: "API, account",
            is: format!("{ACCOUNT_REQUESTS} requests/s"),
            jobs_a_second: ACCOUNT_REQUESTS / (1.0 + polls),
            change: "quota of API Gateway; `Prefer: wait` for short jobs",
        },
    ]
}

fn functions(assumed: &Assumptions, polls: u32) -> Vec<Limit> {
    let batch_s = assumed.batch_ms() / 1_000.0;
    let workers = default_of("MaximumConcurrency");
    let batch = default_of("BatchSize");
    let api_s = (assumed.submit_ms() + f64::from(polls) * assumed.status_ms()) / 1_000.0;
    let full_batches = batch_s / batch;
    vec![
        Limit {
            what: "workers, full batches",
            is: format!("{workers} batches of {batch} at once"),
            jobs_a_second: workers / full_batches,
            change: "`MaximumConcurrency`, up to 1,000; faster jobs",
        },
        Limit {
            what: "event source mapping",
            is: format!("{MAPPING_CONCURRENCY} batches at once, 300 more a minute"),
            jobs_a_second: MAPPING_CONCURRENCY / full_batches,
            change: "provisioned mode of the mapping; a second stack",
        },
        Limit {
            what: "Lambda, account",
            is: format!("{ACCOUNT_CONCURRENCY} invocations at once"),
            jobs_a_second: ACCOUNT_CONCURRENCY / (api_s + full_batches),
            change: "quota of Lambda; polls instead of held answers",
        },
        Limit {
            what: "SQS, in flight",
            is: format!("{IN_FLIGHT} messages"),
            jobs_a_second: IN_FLIGHT / batch_s,
            change: "quota of SQS; less that waits for a retry or a late start",
        },
    ]
}

fn table(assumed: &Assumptions, polls: u32) -> Vec<Limit> {
    let progress = What::Progress.units() * f64::from(assumed.progress_writes);
    let written = (What::Submit.units() + What::Run.units() + progress).table_writes;
    let new = |units: f64| NEW_TABLE_WRITES / units;
    let mut limits = vec![
        Limit {
            what: "table, new",
            is: format!("{NEW_TABLE_WRITES} write units/s"),
            jobs_a_second: new(written),
            change: "warm throughput; half an hour of rising load",
        },
        Limit {
            what: "table, account",
            is: format!("{TABLE_UNITS} write units/s"),
            jobs_a_second: TABLE_UNITS / written,
            change: "quota of DynamoDB; fewer progress writes",
        },
        Limit {
            what: "index, new",
            is: format!("{NEW_TABLE_WRITES} write units/s"),
            jobs_a_second: new(What::Submit.units().index_writes),
            change: "warm throughput of the index",
        },
    ];
    if polls > 0 {
        limits.push(Limit {
            what: "table, account",
            is: format!("{TABLE_UNITS} read units/s"),
            jobs_a_second: TABLE_UNITS / (What::Poll.units().reads * f64::from(polls)),
            change: "quota of DynamoDB; fewer polls",
        });
    }
    limits
}

fn index() -> Vec<Limit> {
    let shards = f64::from(engine::INDEX_SHARDS);
    let limit = owner_limit();
    // As many as carry all that the account's gateway lets through, were it one owner's.
    let enough = (ACCOUNT_REQUESTS / (limit / shards)).ceil();
    let (median, worst) = owner_limits_on_a_new_index();
    let of_new = |what, jobs_a_second, is: &str| Limit {
        what,
        is: is.to_owned(),
        jobs_a_second,
        change: "warm throughput of the index; DynamoDB splits what is hot",
    };
    vec![
        of_new(
            "one owner, new index, worst",
            worst,
            "all shards in one partition",
        ),
        of_new(
            "one owner, new index, median",
            median,
            "two shards in one partition",
        ),
        Limit {
            what: "one owner",
            is: format!(
                "{shards} shards of {PARTITION_WRITE_UNITS} write units/s; {enough} do for {ACCOUNT_REQUESTS} jobs/s"
            ),
            jobs_a_second: limit,
            change: "`INDEX_SHARDS`; a list costs a query for each",
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::super::assumptions::tests::by_hand;
    use super::*;

    fn met(polls: u32, what: &str, unit: &str) -> f64 {
        let limits = limits(&by_hand(), polls);
        let found = limits
            .iter()
            .find(|limit| limit.what == what && limit.is.contains(unit));
        found.unwrap().jobs_a_second
    }

    #[test]
    fn each_limit_is_met_where_a_hand_computes_it() {
        let near = |a: f64, b: f64| assert!((a - b).abs() < 1e-6, "{a} and {b}");
        near(met(5, "API, each route", ""), 20.0);
        near(met(0, "API, each route", ""), 100.0);
        near(met(4, "API, account", ""), 2_000.0);
        // Five batches of ten jobs, 1.05 s each.
        near(met(5, "workers, full batches", ""), 50.0 / 1.05);
        near(met(5, "event source mapping", ""), 10_000.0 / 1.05);
        // 20 ms, five times 10 ms, a tenth of 1.05 s.
        near(met(5, "Lambda, account", ""), 1_000.0 / 0.175);
        near(met(5, "SQS, in flight", ""), 120_000.0 / 1.05);
        near(met(5, "table, new", "write"), 4_000.0 / 3.0);
        near(met(5, "table, account", "write"), 40_000.0 / 3.0);
        near(met(5, "table, account", "read"), 8_000.0);
        near(met(5, "index, new", ""), 4_000.0);
    }

    #[test]
    fn what_is_met_first_comes_first() {
        let limits = limits(&by_hand(), 5);
        assert!(limits.is_sorted_by(|a, b| a.jobs_a_second <= b.jobs_a_second));
        assert_eq!(limits[0].what, "API, each route");
    }
}
