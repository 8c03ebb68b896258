//! What a bench reports.

use std::collections::BTreeMap;
use std::fmt;
use std::thread::available_parallelism;

use comfy_table::{CellAlignment, Table, presets};
use indicatif::HumanCount;
use serde::Serialize;

use super::measured::{Latency, Measured};

/// What a bench reports.
#[derive(Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Report {
    cores: usize,
    loads: Vec<Measured>,
    /// Peak memory of the largest process of each function, in MiB (Linux); empty for a service that was running before.
    peak_memory_mib: BTreeMap<&'static str, u64>,
}

impl Report {
    pub(super) fn of(loads: Vec<Measured>, peak_memory_mib: BTreeMap<&'static str, u64>) -> Self {
        Self {
            cores: available_parallelism().map_or(0, usize::from),
            loads,
            peak_memory_mib,
        }
    }

    /// Whether every job of every load succeeded.
    pub(super) fn is_good(&self) -> bool {
        self.loads.iter().all(Measured::is_good)
    }

    /// One column for each load.
    fn table(&self) -> Table {
        let mut table = Table::new();
        table.load_style(presets::ASCII_MARKDOWN);
        let header = self.loads.iter().map(|load| match load.finished {
            0 => load.load.clone(),
            finished => format!("{}, {} finished", load.load, HumanCount(finished.into())),
        });
        table.set_header([String::new()].into_iter().chain(header));
        let mut row = |title: &str, cell: &dyn Fn(&Measured) -> String| {
            table.add_row(
                [title.to_owned()]
                    .into_iter()
                    .chain(self.loads.iter().map(cell)),
            );
        };
        row("jobs per second", &|load| {
            format!("{:.0}", load.jobs_per_second)
        });
        row("accepted per second", &|load| {
            format!("{:.0}", load.accepted_per_second)
        });
        row("submit (ms)", &|load| percentiles(load.submit_ms));
        row("queue delay (ms)", &|load| percentiles(load.queue_delay_ms));
        row("end to end (ms)", &|load| percentiles(load.end_to_end_ms));
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        table
    }
}

fn percentiles(latency: Latency) -> String {
    let Latency { p50, p90, p99, max } = latency;
    format!("{p50:.1}, {p90:.1}, {p99:.1}, {max:.1}")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n", self.table())?;
        if !self.peak_memory_mib.is_empty() {
            let each = self.peak_memory_mib.iter();
            let each: Vec<_> = each.map(|(name, mib)| format!("{name} {mib}")).collect();
            writeln!(f, "peak memory of a process (MiB): {}", each.join(", "))?;
        }
        writeln!(
            f,
            "latencies: p50, p90, p99, maximum; {} cores for load and service together",
            self.cores
        )?;
        let sum = |count: fn(&Measured) -> usize| self.loads.iter().map(count).sum::<usize>();
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
    use super::*;

    fn measured(load: &str, finished: u32, lost: usize) -> Measured {
        Measured {
            load: load.to_owned(),
            finished,
            submitted: 10,
            succeeded: 10 - lost,
            lost,
            jobs_per_second: 1_234.4,
            ..Measured::default()
        }
    }

    #[test]
    fn the_loads_are_columns() {
        let loads = vec![
            measured("6 clients", 0, 0),
            measured("6 clients", 1_000_000, 1),
        ];
        let text = Report::of(loads, BTreeMap::from([("worker", 12)])).to_string();
        let words = |begin: &str| {
            let line = text.lines().find(|line| line.contains(begin));
            let cells: Vec<_> = line.unwrap().split('|').map(str::trim).collect();
            cells.join("|")
        };
        assert_eq!(
            words("6 clients"),
            "||6 clients|6 clients, 1,000,000 finished|"
        );
        assert_eq!(words("jobs per"), "|jobs per second|1234|1234|");
        assert!(text.contains("process (MiB): worker 12\n"), "{text}");
        let end = "20 jobs submitted: 19 succeeded, 0 failed, 1 lost, 0 not accepted";
        assert!(text.ends_with(end), "{text}");
    }

    #[test]
    fn one_lost_job_makes_the_whole_bad() {
        let report = |lost| {
            let loads = vec![measured("", 0, 0), measured("", 0, lost)];
            Report::of(loads, BTreeMap::new())
        };
        assert!(report(0).is_good());
        assert!(!report(1).is_good());
    }
}
