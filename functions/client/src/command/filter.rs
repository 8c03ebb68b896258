//! Which jobs a command is about.

use crate::{JobStatus, ListQuery};

/// Jobs per page: as many as the service allows, if all pages are read.
const LARGEST_PAGE: u32 = 100;

/// The arguments that select jobs.
#[derive(Debug, Clone, clap::Args)]
#[group(id = "filter", multiple = true)]
pub(super) struct FilterArgs {
    /// Only jobs of this status (or state: SCHEDULED, STARTED)
    #[arg(long, alias = "status", value_name = "STATUS", ignore_case = true)]
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
