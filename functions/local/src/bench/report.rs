//! What a bench showed.

use std::fmt;
use std::thread::available_parallelism;

use comfy_table::{CellAlignment, Table};
use serde::Serialize;

use super::args::BenchArgs;
use super::measured::Measured;
use super::round::Round;
use crate::plain_table::{plain_table, thousands};

/// What a bench showed.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Report {
    cores: usize,
    clients: u16,
    concurrency: u16,
    batch_size: u8,
    /// The first with nothing in the table but what the loads put there; the second, if there is one, behind finished jobs.
    rounds: Vec<Round>,
    /// By how many percent the second round's figures differ from the first one's.
    difference_percent: Option<Differences>,
}

/// By how many percent each figure differs; nothing where the first one is 0.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
struct Differences {
    saturation: Vec<Difference>,
    half_load: Vec<Difference>,
}

#[derive(Debug, PartialEq, Serialize)]
struct Difference {
    figure: String,
    percent: Option<f64>,
}

impl Report {
    pub(super) fn of(args: &BenchArgs, rounds: Vec<Round>) -> Self {
        let difference_percent = match rounds.as_slice() {
            [before, after] => Some(Differences {
                saturation: differences(&before.saturation, &after.saturation),
                half_load: differences(&before.half_load, &after.half_load),
            }),
            _ => None,
        };
        Self {
            cores: available_parallelism().map_or(0, usize::from),
            clients: args.clients,
            concurrency: args.concurrency,
            batch_size: args.batch_size,
            rounds,
            difference_percent,
        }
    }

    /// Whether every job of every load succeeded.
    pub(super) fn is_good(&self) -> bool {
        self.loads().all(Measured::is_good)
    }

    fn loads(&self) -> impl Iterator<Item = &Measured> {
        self.rounds
            .iter()
            .flat_map(|round| [&round.saturation, &round.half_load])
    }
}

/// The figures of a load that are compared, with their names.
fn figures(measured: &Measured) -> Vec<(String, f64)> {
    let latencies = [
        ("submit", measured.submit_ms),
        ("queue delay", measured.queue_delay_ms),
        ("end to end", measured.end_to_end_ms),
    ];
    let latencies = latencies.into_iter().flat_map(|(name, latency)| {
        let named = |(percentile, millis)| (format!("{name} {percentile} (ms)"), millis);
        latency.figures().map(named)
    });
    [("jobs a second".to_owned(), measured.jobs_per_second)]
        .into_iter()
        .chain(latencies)
        .collect()
}

fn differences(before: &Measured, after: &Measured) -> Vec<Difference> {
    let pairs = figures(before).into_iter().zip(figures(after));
    pairs
        .map(|((figure, before), (_, after))| Difference {
            figure,
            percent: percent(before, after),
        })
        .collect()
}

fn percent(before: f64, after: f64) -> Option<f64> {
    (before > 0.0).then(|| (after - before) / before * 100.0)
}

fn written_percent(percent: Option<f64>) -> String {
    percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:+.1} %"))
}

/// Rates as whole numbers, milliseconds with one decimal.
fn written(figure: &str, value: f64) -> String {
    if figure.ends_with("(ms)") {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// A load's figures, a column for each round, and the difference where there are two.
fn table(title: &str, loads: &[&Measured], finished: &[u32]) -> Table {
    let columns = finished.iter().map(|finished| match finished {
        0 => "no finished jobs".to_owned(),
        many => format!("{} finished", thousands((*many).into())),
    });
    let difference = (loads.len() == 2).then(|| "difference".to_owned());
    let header: Vec<_> = [title.to_owned()]
        .into_iter()
        .chain(columns)
        .chain(difference)
        .collect();
    let header: Vec<_> = header.iter().map(String::as_str).collect();
    let mut table = plain_table(&header);
    let columns: Vec<_> = loads.iter().map(|load| figures(load)).collect();
    for (row, (figure, first)) in columns[0].iter().enumerate() {
        let values = columns.iter().map(|column| written(figure, column[row].1));
        let difference = columns
            .get(1)
            .map(|second| written_percent(percent(*first, second[row].1)));
        table.add_row([figure.clone()].into_iter().chain(values).chain(difference));
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let finished: Vec<_> = self.rounds.iter().map(|round| round.finished).collect();
        let saturation: Vec<_> = self.rounds.iter().map(|round| &round.saturation).collect();
        let half_load: Vec<_> = self.rounds.iter().map(|round| &round.half_load).collect();
        let rate = half_load.first().and_then(|load| load.rate).unwrap_or(0);
        writeln!(
            f,
            "{} cores, load and service together; {} workers, {} messages a batch\n",
            self.cores, self.concurrency, self.batch_size
        )?;
        let saturated = format!("{} clients", self.clients);
        writeln!(
            f,
            "{}\n",
            table(&saturated, &saturation, &finished).trim_fmt()
        )?;
        let at_rate = format!("{rate} arrivals a second");
        writeln!(f, "{}\n", table(&at_rate, &half_load, &finished).trim_fmt())?;
        let sum = |count: fn(&Measured) -> usize| self.loads().map(count).sum::<usize>();
        write!(
            f,
            "{} jobs submitted: {} succeeded, {} failed, {} lost, {} not accepted",
            sum(|load| load.submitted),
            sum(|load| load.succeeded),
            sum(|load| load.failed),
            sum(|load| load.lost),
            sum(|load| load.refused)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::latency::Latency;
    use super::*;

    fn measured(jobs_per_second: f64, millis: f64) -> Measured {
        let latency = Latency::of(vec![millis]);
        Measured {
            rate: Some(500),
            submitted: 10,
            succeeded: 10,
            seconds: 1.0,
            jobs_per_second,
            submit_ms: latency,
            queue_delay_ms: latency,
            end_to_end_ms: Latency::default(),
            ..Measured::default()
        }
    }

    fn report(rounds: &[(u32, Measured)]) -> Report {
        let mut report = Report {
            cores: 2,
            clients: 8,
            concurrency: 2,
            batch_size: 10,
            rounds: Vec::new(),
            difference_percent: None,
        };
        report
            .rounds
            .extend(rounds.iter().map(|(finished, measured)| Round {
                finished: *finished,
                saturation: measured.clone(),
                half_load: measured.clone(),
            }));
        report
    }

    #[test]
    fn a_figure_that_grew_by_a_tenth_differs_by_ten_percent() {
        let differences = differences(&measured(1_000.0, 4.0), &measured(900.0, 4.4));
        let of = |name: &str| {
            let found = differences
                .iter()
                .find(|difference| difference.figure == name);
            written_percent(found.unwrap().percent)
        };
        assert_eq!(of("jobs a second"), "-10.0 %");
        assert_eq!(of("submit p99 (ms)"), "+10.0 %");
        assert_eq!(of("end to end max (ms)"), "-");
        assert_eq!(differences.len(), 13);
    }

    #[test]
    fn both_rounds_stand_next_to_each_other_with_their_difference() {
        let text = report(&[
            (0, measured(1_200.0, 4.0)),
            (1_000_000, measured(1_080.0, 5.0)),
        ])
        .to_string();
        let line = |begin: &str| {
            let found = text.lines().find(|line| line.starts_with(begin));
            found
                .unwrap()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(
            line("8 clients"),
            "8 clients no finished jobs 1,000,000 finished difference"
        );
        assert_eq!(
            line("500 arrivals"),
            "500 arrivals a second no finished jobs 1,000,000 finished difference"
        );
        assert_eq!(line("jobs a second"), "jobs a second 1200 1080 -10.0 %");
        assert_eq!(
            line("queue delay p90"),
            "queue delay p90 (ms) 4.0 5.0 +25.0 %"
        );
        assert!(
            text.ends_with("40 jobs submitted: 40 succeeded, 0 failed, 0 lost, 0 not accepted"),
            "{text}"
        );
    }

    #[test]
    fn one_lost_job_makes_the_whole_bad() {
        let good = measured(1.0, 1.0);
        let bad = Measured {
            succeeded: 9,
            lost: 1,
            ..good.clone()
        };
        assert!(report(&[(0, good.clone())]).is_good());
        assert!(!report(&[(0, good), (1, bad)]).is_good());
    }
}
