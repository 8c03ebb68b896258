//! `list`: prints a table of the caller's jobs.

use clap::ValueEnum as _;
use comfy_table::{ColumnConstraint, ContentArrangement, LineStyle, Row, Table, TableStyle};
use futures_util::TryStreamExt;
use time::{OffsetDateTime, UtcOffset};

use super::{CommandError, ConnectionArgs, Exit, Output};
use crate::text::printable;
use crate::{ClientError, Job, JobStatus, ListQuery};

/// A rule below the header and no other lines: easy to read, and to pipe through `grep`.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─'));
/// Columns of the terminal between two columns of the table.
const GAP: u16 = 2;
/// In a narrower terminal, the id (36 columns, never cut) leaves no room for one line per job; a job then gets two.
const ROOMY: u16 = 112;
/// Least width: the id and a few words. A terminal that does not know its size says 0.
const LEAST: u16 = 72;

/// Jobs per page: as many as the service allows, if all pages are read.
const LARGEST_PAGE: u32 = 100;

/// The arguments that select jobs.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "filter", multiple = true)]
pub(super) struct FilterArgs {
    /// Only jobs of this status: UNDETERMINED (or SCHEDULED), INPROGRESS (or STARTED), SUCCESS, FAILED or CANCELED
    #[arg(long, alias = "status", value_name = "STATUS", value_parser = status)]
    job_status: Option<JobStatus>,
    /// Only jobs of this kind
    #[arg(long, value_name = "KIND")]
    kind: Option<String>,
}

impl FilterArgs {
    /// The query for a page of this many jobs.
    pub(super) fn query(self, limit: Option<u32>) -> ListQuery {
        ListQuery {
            limit,
            job_status: self.job_status,
            name: self.kind,
        }
    }

    /// The query for all pages.
    pub(super) fn query_for_all(self) -> ListQuery {
        self.query(Some(LARGEST_PAGE))
    }
}

fn status(text: &str) -> Result<JobStatus, &'static str> {
    JobStatus::from_str(text, true).map_err(|_| {
        "it must be UNDETERMINED (or SCHEDULED), INPROGRESS (or STARTED), SUCCESS, FAILED or CANCELED"
    })
}

/// The error of a query in the words of the command line, where the parameter `name` is `--kind`.
pub(super) fn in_flags(mut error: ClientError) -> ClientError {
    if let ClientError::Refused(problem) = &mut error {
        problem.detail = problem
            .detail
            .take()
            .map(|it| it.replace("'name'", "--kind"));
    }
    error
}

/// The arguments of `list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Maximum number of jobs per page
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    #[command(flatten)]
    filter: FilterArgs,
    /// All pages, not only the first
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Prints the jobs on stdout, newest first.
pub(super) async fn run(args: Args, stdout: &mut Output) -> Result<Exit, CommandError> {
    let client = args.connection.client()?;
    let (jobs, has_more) = if args.all {
        let query = match args.limit {
            None => args.filter.query_for_all(),
            limit => args.filter.query(limit),
        };
        let jobs = client.jobs(&query).try_collect().await;
        (jobs.map_err(in_flags)?, false)
    } else {
        let page = client.list(&args.filter.query(args.limit)).await;
        let page = page.map_err(in_flags)?;
        (page.jobs, page.next.is_some())
    };
    if jobs.is_empty() {
        eprintln!(
            "No jobs{}.",
            if has_more { " on the first page" } else { "" }
        );
    } else {
        writeln!(stdout, "{}", table(&jobs, Table::new().width()))?;
    }
    if has_more {
        eprintln!("There are older jobs. Add --all to look through them.");
    }
    Ok(Exit::Success)
}

/// Id, name, state, percent, start and summary of each job. Only the summary is cut, and only for a terminal (`width`).
pub(super) fn table(jobs: &[Job], width: Option<u16>) -> String {
    let lines = if width.is_some_and(|width| width < ROOMY) {
        2
    } else {
        1
    };
    let mut table = Table::new();
    table
        .load_style(STYLE)
        .set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = width {
        table.set_width(width.max(LEAST));
    }
    if lines == 2 {
        table.set_header(["id\nname", "state\n%", "start", "summary"]);
    } else {
        table.set_header(["id", "name", "state", "%", "start", "summary"]);
    }
    for job in jobs {
        let mut row = Row::from(cells(job, lines));
        row.max_height(lines);
        table.add_row(row);
    }
    let summary = table.column_count() - 1;
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP));
        if column.index < summary {
            column.set_constraint(ColumnConstraint::ContentWidth);
        } else {
            column.set_padding((0, 0));
        }
    }
    table.trim_fmt()
}

fn cells(job: &Job, lines: usize) -> Vec<String> {
    let (id, name) = (printable(&job.id), printable(&job.name));
    let state = job.headline().to_owned();
    let percent = job.percent();
    let summary = printable(&summary(job));
    let (date, time) = start(job);
    if lines == 1 {
        let start = format!("{date} {time}");
        return vec![id, name, state, percent.to_string(), start, summary];
    }
    vec![
        format!("{id}\n{name}"),
        format!("{state}\n{percent}%"),
        format!("{date}\n{time}"),
        summary,
    ]
}

/// The title, which tells jobs of one kind apart, and the latest report.
fn summary(job: &Job) -> String {
    let report = job.summary.as_deref().unwrap_or_default();
    match job.title.as_deref() {
        Some(title) if title != report => format!("{title}: {report}"),
        _ => report.to_owned(),
    }
}

/// Date and time (UTC) of the job's start or, before that, of its earliest start.
fn start(job: &Job) -> (String, String) {
    let Some(instant) = job.start_time.or(job.scheduled_start_time) else {
        return ("-".to_owned(), String::new());
    };
    let utc: OffsetDateTime = instant.to_offset(UtcOffset::UTC);
    let time = format!("{:02}:{:02}:{:02}Z", utc.hour(), utc.minute(), utc.second());
    (utc.date().to_string(), time)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn jobs() -> Vec<Job> {
        let jobs = json!([
            {"id": "01929b6e-7a52-8c3e-9d1f-0123456789ab", "name": "csv_profile", "job-state": "STARTED",
             "job-status": "INPROGRESS", "percent-complete": 30, "start-time": "2026-01-01T12:50:55+02:00",
             "summary": "profiled 1,012 of 3,376 rows of a file with a rather long name that goes on and on and on"},
            {"id": "01929b6e-7a52-8c3e-9d1f-0123456789ac", "name": "render", "job-state": "COMPLETED",
             "job-status": "SUCCESS", "percent-complete": 100, "scheduled-start-time": "2026-01-01T10:50:45Z"}
        ]);
        serde_json::from_value(jobs).unwrap()
    }

    #[test]
    fn a_job_is_listed_with_its_title_and_its_latest_report() {
        let listed = |title, report: &str| {
            let job = json!({"id": "1", "job-state": "STARTED", "job-status": "INPROGRESS", "title": title, "summary": report});
            summary(&serde_json::from_value(job).unwrap())
        };
        assert_eq!(
            listed(Some("cities"), "profiled 9 rows"),
            "cities: profiled 9 rows"
        );
        assert_eq!(listed(Some("cities"), "cities"), "cities");
        assert_eq!(listed(None, "profiled 9 rows"), "profiled 9 rows");
    }

    #[test]
    fn no_line_is_wider_than_the_terminal_and_no_id_is_cut() {
        for width in [0, 72, 80, 100, 112, 120, 200] {
            let table = table(&jobs(), Some(width));

            assert!(
                table
                    .lines()
                    .all(|line| line.chars().count() <= width.max(LEAST).into()),
                "at {width}:\n{table}"
            );
            assert!(
                jobs().iter().all(|job| table.contains(&job.id)),
                "at {width}:\n{table}"
            );
        }
    }

    #[test]
    fn output_that_is_not_a_terminal_has_one_whole_line_per_job() {
        let table = table(&jobs(), None);
        let line = table.lines().find(|line| line.contains("render")).unwrap();

        assert_eq!(table.lines().count(), 4, "{table}");
        let words: Vec<_> = line.split_whitespace().skip(2).collect();
        assert_eq!(words, ["SUCCESS", "100", "2026-01-01", "10:50:45Z"]);
        assert!(table.contains("that goes on and on and on"));
    }

    #[test]
    fn a_narrow_terminal_has_two_lines_per_job() {
        let table = table(&jobs(), Some(80));
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
}
