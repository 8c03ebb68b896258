//! The figures as tables.

use std::time::Duration;

use comfy_table::{CellAlignment, Table, presets::ASCII_MARKDOWN};

use crate::counts::{Counts, Pair};
use crate::limits::{Finding, exact};
use crate::times::Times;

/// What was counted, and what it may be.
#[must_use]
pub fn show_counts(counts: &[Counts], findings: &[Finding]) -> String {
    let mut table = table(&["function", "", "Accepted", "bare", "ratio"]);
    for counts in counts {
        let mut row = |what: &str, Pair { ours, bare }: Pair| {
            let ratio = format!("{:.2}", Pair { ours, bare }.ratio());
            table.add_row([
                counts.role.name().to_owned(),
                what.to_owned(),
                ours.to_string(),
                bare.to_string(),
                ratio,
            ]);
        };
        row("bytes of the executable", counts.size);
        row("instructions of a cold start", counts.cold_start);
        row(
            "instructions until the first answer over TLS",
            counts.first_over_tls,
        );
        row("instructions of a request", counts.request);
        row("peak KiB in 500 requests", counts.peak_kib);
    }
    format!("{table}\n\n{}", show_findings(findings))
}

fn show_findings(findings: &[Finding]) -> Table {
    let mut table = table(&["what is checked", "counted", "at most", ""]);
    for finding in findings {
        let verdict = if finding.is_kept() { "kept" } else { "BROKEN" };
        let (counted, at_most) = (
            format!("{:.2}", finding.counted),
            format!("{:.2}", finding.at_most),
        );
        table.add_row([finding.what.clone(), counted, at_most, verdict.to_owned()]);
    }
    table
}

/// What a clock said.
#[must_use]
pub fn show_times(times: &[Times]) -> String {
    let mut table = table(&[
        "function",
        "of",
        "cold start ms",
        "first ms",
        "TLS: cold start ms",
        "first ms",
        "warm p50 us",
        "warm p99 us",
        "peak MiB",
    ]);
    for times in times {
        table.add_row([
            times.role.name().to_owned(),
            times.of.to_owned(),
            millis(times.plain.cold_start),
            millis(times.plain.first),
            millis(times.over_tls.cold_start),
            millis(times.over_tls.first),
            times.p50.as_micros().to_string(),
            times.p99.as_micros().to_string(),
            format!("{:.1}", exact(times.peak_kib) / 1024.0),
        ]);
    }
    table.to_string()
}

fn millis(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1000.0)
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(ASCII_MARKDOWN).set_header(header);
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}
