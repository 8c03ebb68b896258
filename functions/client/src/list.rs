//! The pages of the caller's jobs.

use reqwest::{Method, Url};
use serde::Deserialize;

use crate::{Client, ClientError, Job, JobStatus};

/// Which jobs to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListQuery {
    /// Jobs per page, from 1; the service has its own default and maximum.
    pub limit: Option<u32>,
    /// Only jobs of this status.
    pub job_status: Option<JobStatus>,
}

/// A page of the caller's jobs, newest first.
#[derive(Debug)]
pub struct JobPage {
    /// The jobs.
    pub jobs: Vec<Job>,
    /// The next page, for [`Client::page`]; `None` on the last.
    pub next: Option<Url>,
}

#[derive(Deserialize)]
struct Body {
    jobs: Vec<Job>,
    next: Option<String>,
}

impl Client {
    /// Reads the first page of the caller's jobs.
    pub async fn list(&self, query: ListQuery) -> Result<JobPage, ClientError> {
        let mut url = self.join("jobs")?;
        if let Some(limit) = query.limit {
            url.query_pairs_mut()
                .append_pair("limit", &limit.to_string());
        }
        if let Some(status) = query.job_status {
            url.query_pairs_mut()
                .append_pair("job-status", status.as_str());
        }
        self.page(&url).await
    }

    /// Reads a further page, by the `next` of the page before.
    pub async fn page(&self, url: &Url) -> Result<JobPage, ClientError> {
        let response = self.call(Method::GET, url).await?;
        let Body { jobs, next } = response.document()?;
        let next = next.map(|reference| response.url.join(&reference));
        let next = next
            .transpose()
            .map_err(|_| response.unexpected("`next` is not a URI reference"))?;
        Ok(JobPage { jobs, next })
    }
}
