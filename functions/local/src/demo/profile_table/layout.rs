use comfy_table::{CellAlignment, Row};

use super::profile::{Column, Common};
use client::job_table::{GAP, plain_table, widest};
use client::numbers::thousands;
use client::text::{columns, cut};

/// A column's name is cut to this.
const NAME_MAX: usize = 20;
/// A smallest or largest value is cut to this.
const VALUE_MAX: usize = 14;
/// Of a line a column, the commonest values need at least this; with less, two lines are easier to read.
const COMMONEST_MIN: usize = 24;
/// The commonest values get no less than this, whatever the terminal.
const COMMONEST_LEAST: usize = 10;

const WIDE: [&str; 9] = [
    "column",
    "type",
    "empty",
    "distinct",
    "min",
    "max",
    "mean",
    "std dev",
    "commonest values",
];
const STACKED: [&str; 7] = [
    "column",
    "type",
    "empty",
    "distinct",
    "min\nmax",
    "mean\nstd dev",
    "commonest\nvalues",
];

/// The table in the form that suits the width.
pub(super) fn table(profiled: &[Column], width: usize) -> String {
    let wide: Vec<_> = profiled.iter().map(wide_cells).collect();
    let room = room_for_last(&WIDE, &wide, width);
    if room >= COMMONEST_MIN {
        return drawn(&WIDE, wide, profiled, room, 1);
    }
    let stacked: Vec<_> = profiled.iter().map(stacked_cells).collect();
    let room = room_for_last(&STACKED, &stacked, width).max(COMMONEST_LEAST);
    drawn(&STACKED, stacked, profiled, room, 2)
}

fn drawn(
    header: &[&str],
    rows: Vec<Vec<String>>,
    profiled: &[Column],
    room: usize,
    lines: usize,
) -> String {
    let mut table = plain_table(header);
    for (mut row, column) in rows.into_iter().zip(profiled) {
        row.push(commonest_cell(&column.commonest, room, lines));
        table.add_row(Row::from(row));
    }
    // Counts and computed numbers line up at their right; values of the file may be text, and stay at the left.
    for index in (0..header.len()).filter(|index| is_number(header[*index])) {
        if let Some(column) = table.column_mut(index) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    table.trim_fmt()
}

fn is_number(title: &str) -> bool {
    ["empty", "distinct", "mean", "std dev", "mean\nstd dev"].contains(&title)
}

fn wide_cells(column: &Column) -> Vec<String> {
    vec![
        cut(&column.name, NAME_MAX),
        column.kind.clone(),
        column.empty.clone(),
        column.distinct.clone(),
        cut(&column.min, VALUE_MAX),
        cut(&column.max, VALUE_MAX),
        column.mean.clone(),
        column.deviation.clone(),
    ]
}

fn stacked_cells(column: &Column) -> Vec<String> {
    let wide = wide_cells(column);
    let [name, kind, empty, distinct, min, max, mean, deviation] = wide.as_slice() else {
        return wide;
    };
    let above = |upper: &str, lower: &str| format!("{upper}\n{lower}");
    vec![
        name.clone(),
        kind.clone(),
        empty.clone(),
        distinct.clone(),
        above(min, max),
        above(mean, deviation),
    ]
}

/// What all columns but the last leave of the width.
fn room_for_last(header: &[&str], rows: &[Vec<String>], width: usize) -> usize {
    let others = (0..header.len() - 1).map(|index| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(index))
            .map(String::as_str);
        GAP + widest(cells.chain([header[index]]))
    });
    width.saturating_sub(others.sum())
}

/// As many of the commonest values as fit; the first is there in any case, cut if need be.
fn commonest_cell(commonest: &[Common], room: usize, lines: usize) -> String {
    if commonest
        .iter()
        .all(|common| common.count == 1 && common.exact)
        && commonest.len() > 1
    {
        return cut("each once", room);
    }
    let mut done = vec![String::new()];
    for common in commonest {
        let entry = entry_of(common, room);
        let line = done.last_mut().map(std::mem::take).unwrap_or_default();
        let longer = if line.is_empty() {
            entry.clone()
        } else {
            format!("{line}, {entry}")
        };
        let fits = columns(&longer) <= room;
        if let Some(last) = done.last_mut() {
            *last = if fits { longer } else { line };
        }
        if !fits && done.len() == lines {
            break;
        }
        if !fits {
            done.push(entry);
        }
    }
    done.join("\n")
}

/// A value and how often it occurs, in at most `room`: the value is cut, never the count.
fn entry_of(common: &Common, room: usize) -> String {
    let estimate = if common.exact { "" } else { "~" };
    let count = format!(" {estimate}×{}", thousands(common.count));
    let value = cut(
        &common.value,
        room.saturating_sub(columns(&count)).clamp(1, NAME_MAX),
    );
    format!("{value}{count}")
}
