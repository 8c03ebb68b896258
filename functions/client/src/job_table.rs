use comfy_table::{Cell, CellAlignment, ContentArrangement, LineStyle, Row, Table, TableStyle};

use super::JobDocument;
use super::clock::date_and_time;
use super::text::{columns, cut, printable};

/// One rule below the header, no other lines: it reads well and can be piped through `grep`.
pub const PLAIN: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));
/// Between two columns of a table, in columns of the terminal.
const GAP_COLUMNS: u16 = 2;
/// The same, to reckon with.
pub const GAP: usize = GAP_COLUMNS as usize;
/// Below this width the id (36 columns, never cut) leaves no room for a line a job; jobs then get two.
const ROOMY: usize = 112;
/// A summary is cut to no less than this.
const SUMMARY_MIN: usize = 12;
/// A job kind's name is cut to this in the roomy form.
const NAME_MAX: usize = 24;

/// Jobs as a table: id, name, state, percent, start, summary. One line a job where the terminal is wide enough or where
/// the output isn't a terminal; two lines a job otherwise.
pub fn job_table(jobs: &[JobDocument]) -> String {
    table_at(jobs, Table::new().width().map(usize::from))
}

fn table_at(jobs: &[JobDocument], width: Option<usize>) -> String {
    let stacked = width.is_some_and(|width| width < ROOMY);
    let rows: Vec<Vec<String>> = jobs
        .iter()
        .map(|job| {
            if stacked {
                two_lines(job)
            } else {
                one_line(job)
            }
        })
        .collect();
    let header: &[&str] = if stacked {
        &["id\nname", "state\n%", "start", "summary"]
    } else {
        &["id", "name", "state", "%", "start", "summary"]
    };
    let rows = fit_summaries(header, rows, width, if stacked { 2 } else { 1 });
    let mut table = plain_table(header);
    table.add_rows(rows.into_iter().map(Row::from));
    if !stacked && let Some(percent) = table.column_mut(3) {
        percent.set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}

/// An empty table in the plain style, whose columns are as wide as their content.
pub fn plain_table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(PLAIN)
        .set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(header.iter().map(Cell::new));
    let last = header.len().saturating_sub(1);
    for (index, column) in table.column_iter_mut().enumerate() {
        let gap = if index == last { 0 } else { GAP_COLUMNS };
        column.set_padding((0, gap));
    }
    table
}

/// How wide a column of cells is that may have several lines.
pub fn widest<'a>(cells: impl IntoIterator<Item = &'a str>) -> usize {
    cells
        .into_iter()
        .flat_map(str::lines)
        .map(columns)
        .max()
        .unwrap_or(0)
}

fn one_line(job: &JobDocument) -> Vec<String> {
    let (date, time) = start(job);
    vec![
        printable(&job.id),
        cut(&printable(&job.name), NAME_MAX),
        job.headline().to_owned(),
        job.percent().to_string(),
        format!("{date} {time}"),
        summary(job),
    ]
}

fn two_lines(job: &JobDocument) -> Vec<String> {
    let (date, time) = start(job);
    let id = printable(&job.id);
    let name = cut(&printable(&job.name), columns(&id));
    vec![
        format!("{id}\n{name}"),
        format!("{}\n{}%", job.headline(), job.percent()),
        format!("{date}\n{time}"),
        summary(job),
    ]
}

fn summary(job: &JobDocument) -> String {
    printable(job.summary.as_deref().unwrap_or_default())
}

/// When the job started or, before that, when it may.
fn start(job: &JobDocument) -> (String, String) {
    let instant = job.start_time.or(job.scheduled_start_time);
    instant.map_or_else(|| ("-".to_owned(), String::new()), date_and_time)
}

/// Cuts the last cell of each row to what the others leave of the width, spread over `lines` lines.
fn fit_summaries(
    header: &[&str],
    mut rows: Vec<Vec<String>>,
    width: Option<usize>,
    lines: usize,
) -> Vec<Vec<String>> {
    let Some(width) = width else { return rows };
    let last = header.len() - 1;
    let others = (0..last).map(|column| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(String::as_str);
        GAP + widest(cells.chain([header[column]]))
    });
    let room = width.saturating_sub(others.sum::<usize>()).max(SUMMARY_MIN);
    for summary in rows.iter_mut().filter_map(|row| row.last_mut()) {
        *summary = wrapped(summary, room, lines);
    }
    rows
}

/// The text on at most `lines` lines of `width`, broken between words; the last one is cut if need be.
pub fn wrapped(text: &str, width: usize, lines: usize) -> String {
    let mut done: Vec<String> = Vec::new();
    let mut rest = text;
    while done.len() + 1 < lines && columns(rest) > width {
        let whole_words = rest
            .match_indices(' ')
            .map(|(at, _)| at)
            .take_while(|at| columns(&rest[..*at]) <= width);
        let Some(at) = whole_words.last() else { break };
        done.push(rest[..at].to_owned());
        rest = rest[at..].trim_start();
    }
    done.push(cut(rest, width));
    done.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn jobs() -> Vec<JobDocument> {
        let jobs = json!([
            {"id": "01929b6e-7a52-8c3e-9d1f-0123456789ab", "name": "csv_profile", "job-state": "STARTED",
             "job-status": "INPROGRESS", "percent-complete": 30, "start-time": "2026-01-01T10:50:55Z",
             "summary": "profiled 1,012 of 3,376 rows of a file with a rather long name that goes on and on and on"},
            {"id": "01929b6e-7a52-8c3e-9d1f-0123456789ac", "name": "render", "job-state": "COMPLETED",
             "job-status": "SUCCESS", "percent-complete": 100, "scheduled-start-time": "2026-01-01T10:50:45Z"}
        ]);
        serde_json::from_value(jobs).unwrap()
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_id_is_cut() {
        for width in [80, 100, 112, 120, 200] {
            let table = table_at(&jobs(), Some(width));

            assert!(
                table.lines().all(|line| columns(line) <= width),
                "at {width}:\n{table}"
            );
            assert!(
                jobs().iter().all(|job| table.contains(&job.id)),
                "at {width}:\n{table}"
            );
        }
    }

    #[test]
    fn output_that_is_no_terminal_has_a_whole_line_a_job() {
        let table = table_at(&jobs(), None);
        let line = table.lines().find(|line| line.contains("render")).unwrap();

        assert_eq!(table.lines().count(), 4, "{table}");
        assert!(
            line.contains("SUCCESS")
                && line.contains("100")
                && line.contains("2026-01-01 10:50:45Z"),
            "{line}"
        );
        assert!(table.contains("that goes on and on and on"));
    }

    #[test]
    fn a_narrow_terminal_has_two_lines_a_job() {
        let table = table_at(&jobs(), Some(80));
        let lines: Vec<_> = table.lines().map(str::trim_end).collect();

        assert_eq!(
            lines[3],
            "01929b6e-7a52-8c3e-9d1f-0123456789ab  STARTED  2026-01-01  profiled 1,012 of"
        );
        assert_eq!(
            lines[4],
            "csv_profile                           30%      10:50:55Z   3,376 rows of a file…"
        );
    }

    #[test]
    fn text_is_broken_between_words_and_cut_at_the_end() {
        assert_eq!(wrapped("one two three four", 9, 2), "one two\nthree fo…");
        assert_eq!(wrapped("unbreakable", 5, 2), "unbr…");
        assert_eq!(wrapped("fits", 5, 2), "fits");
    }
}
