//! `list`: shows the caller's jobs.

use super::job_table::job_table;
use super::{ClientError, ConnectionArgs, Exit, JobStatus, ListQuery, Output};

/// The arguments of `list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// How many jobs to ask for at a time
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Only jobs of this status
    #[arg(long, value_name = "STATUS", ignore_case = true)]
    job_status: Option<JobStatus>,
    /// All pages, not just the first
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Prints a table of the jobs on stdout, newest first.
pub async fn run(args: Args, stdout: &mut Output) -> Result<Exit, ClientError> {
    let client = args.connection.client()?;
    let mut page = client
        .list(ListQuery {
            limit: args.limit,
            job_status: args.job_status,
        })
        .await?;
    let mut jobs = std::mem::take(&mut page.jobs);
    while let Some(next) = page.next.take_if(|_| args.all) {
        page = client.page(&next).await?;
        jobs.append(&mut page.jobs);
    }
    if jobs.is_empty() {
        eprintln!("No jobs.");
        return Ok(Exit::Success);
    }
    writeln!(stdout, "{}", job_table(&jobs))?;
    if page.next.is_some() {
        eprintln!("There are more: --all shows them.");
    }
    Ok(Exit::Success)
}
