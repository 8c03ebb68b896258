use reqwest::{Method, Url};
use serde::Deserialize;

use super::calls::{checked, parsed};
use super::{Client, ClientError, JobDocument, JobStatus};

/// Which jobs to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct ListQuery {
    /// Jobs a page; the service has its own default and bound.
    pub limit: Option<u32>,
    /// Only jobs of this status.
    pub job_status: Option<JobStatus>,
}

/// A page of the caller's jobs, newest first.
#[derive(Debug)]
pub struct JobPage {
    /// The jobs.
    pub jobs: Vec<JobDocument>,
    /// Where the next page is.
    pub next: Option<Url>,
}

#[derive(Deserialize)]
struct Body {
    jobs: Vec<JobDocument>,
    next: Option<String>,
}

impl Client {
    /// The first page of the caller's jobs.
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

    /// A further page, by the `next` of the one before.
    pub async fn page(&self, url: &Url) -> Result<JobPage, ClientError> {
        let answer = checked(self.send(url, self.request(Method::GET, url)).await?)?;
        let body: Body = parsed(&answer)?;
        let next = body
            .next
            .map(|reference| answer.url.join(&reference))
            .transpose()
            .map_err(|_| {
                ClientError::unexpected(
                    &answer.url,
                    Some(answer.status),
                    "`next` is no URI reference",
                )
            })?;
        Ok(JobPage {
            jobs: body.jobs,
            next,
        })
    }
}
