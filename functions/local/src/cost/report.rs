//! The tables that `cost` prints.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use comfy_table::presets::ASCII_MARKDOWN;
use comfy_table::{ContentArrangement, Table};
use serde_json::{Value, json};

use super::assumptions::Assumptions;
use super::job::{Following, usage};
use super::limits::limits;
use super::others::{durable_functions, step_functions};
use super::prices::{Prices, Quality};
use super::tunables::choices;

/// How often a job is polled, a row for each.
const POLLS: [u32; 4] = [0, 1, 5, 10];

/// Of how many polls the bill is broken down.
const BROKEN_DOWN: u32 = 5;

/// A row: polls, and dollars for a million jobs each way.
type Row = (u32, [f64; 5]);

const WAYS: [&str; 5] = [
    "here",
    "with `If-None-Match`",
    "submit held",
    "Step Functions",
    "durable functions",
];

pub(super) struct Report<'a> {
    pub(super) assumed: &'a Assumptions,
    pub(super) prices: &'a Prices,
}

impl Report<'_> {
    fn rows(&self) -> Vec<Row> {
        let row = |polls| {
            let mine = |is_conditional, is_held| {
                usage(
                    self.assumed,
                    Following {
                        polls,
                        is_conditional,
                        is_held,
                    },
                )
            };
            let each = [
                mine(false, false),
                mine(true, false),
                mine(false, true),
                step_functions(self.assumed, polls),
                durable_functions(self.assumed, polls),
            ];
            (polls, each.map(|usage| usage.usd_a_million(self.prices)))
        };
        POLLS.map(row).into()
    }

    fn by_service(&self) -> BTreeMap<&'static str, f64> {
        let following = Following {
            polls: BROKEN_DOWN,
            ..Following::default()
        };
        let mut services = BTreeMap::new();
        for (item, _, usd) in usage(self.assumed, following).lines(self.prices) {
            *services.entry(item.service()).or_default() += usd;
        }
        services
    }

    /// Dollars for the handlers' own time, which is the same wherever they run alone.
    fn handlers(&self) -> f64 {
        let assumed = self.assumed;
        let alone = super::assumptions::gb_seconds(assumed.job_ms.into(), assumed.worker_memory);
        alone * self.prices.usd(assumed.architecture.gb_second()) * 1e6
            / f64::from(assumed.jobs_per_batch)
    }

    /// What a million jobs cost.
    pub(super) fn cost(&self) -> String {
        let mut table = table(&[&["polls of each job"], &WAYS[..]].concat());
        for (polls, dollars) in self.rows() {
            let mut cells = vec![polls.to_string()];
            cells.extend(dollars.map(money));
            table.add_row(cells);
        }
        let mut services = self::table(&["with 5 polls", "USD"]);
        services.add_row(vec![
            "the handlers' own time".to_owned(),
            money(self.handlers()),
        ]);
        for (service, dollars) in self.by_service() {
            let rest = if service == "Lambda" {
                dollars - self.handlers()
            } else {
                dollars
            };
            let name = if service == "Lambda" {
                "Lambda besides"
            } else {
                service
            };
            services.add_row(vec![name.to_owned(), money(rest)]);
        }
        format!("{table}\n\n{services}")
    }

    /// What can be chosen, and the effect of each.
    pub(super) fn tunables(&self) -> String {
        let mut table = table(&[
            "what",
            "value",
            "USD a million",
            "difference",
            "how it is known",
        ]);
        for choice in choices(self.assumed, self.prices) {
            table.add_row(vec![
                choice.what.to_owned(),
                choice.value,
                money(choice.usd_a_million),
                format!("{:+.2}", choice.difference),
                choice.how.to_owned(),
            ]);
        }
        table.to_string()
    }

    /// What limits one stack.
    pub(super) fn limits(&self) -> String {
        let mut table = table(&["jobs/s", "limit", "", "what to change"]);
        for limit in limits(self.assumed, BROKEN_DOWN) {
            table.add_row(vec![
                format!("{:.0}", limit.jobs_a_second),
                limit.what.to_owned(),
                limit.is,
                limit.change.to_owned(),
            ]);
        }
        table.to_string()
    }

    /// The prices, and where they come from.
    pub(super) fn prices(&self) -> String {
        let mut text = format!(
            "USD in {}, looked up on {}\n",
            self.prices.region, self.prices.looked_up
        );
        for price in &self.prices.all {
            let quality = match price.quality {
                Quality::Aws => "AWS's own page",
                Quality::Quoted => "quoted by several",
                Quality::Weak => "weak: quoted once",
            };
            // Writing to a `String` cannot fail.
            let _ = write!(
                text,
                "\n{}: {}\n  {} ({}; {quality})",
                price.shown(),
                price.unit,
                price.source,
                price.dated
            );
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        let rows = self.rows().into_iter().map(|(polls, dollars)| {
            let ways: BTreeMap<_, _> = WAYS.into_iter().zip(dollars).collect();
            json!({"polls": polls, "usd-a-million": ways})
        });
        json!({
            "assumed": self.assumed,
            "durations-ms": {
                "submit": self.assumed.submit_ms(),
                "status": self.assumed.status_ms(),
                "batch": self.assumed.batch_ms(),
            },
            "counted": super::COUNTED.map(|row| json!({
                "what": format!("{:?}", row.what), "calls": row.calls, "units": row.units,
            })),
            "cost": rows.collect::<Vec<_>>(),
            "by-service": self.by_service(),
            "tunables": choices(self.assumed, self.prices),
            "limits": limits(self.assumed, BROKEN_DOWN),
            "prices": self.prices,
        })
    }
}

fn money(dollars: f64) -> String {
    format!("{dollars:.2}")
}

/// A table in Markdown, so that the README can have it as it is.
fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(ASCII_MARKDOWN)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.iter().copied());
    table
}
