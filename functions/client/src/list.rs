//! The caller's jobs.

use std::future::ready;

use futures_util::{Stream, TryStreamExt, stream};
use reqwest::{Method, Url};
use serde::Deserialize;

use crate::{Client, ClientError, Job, JobStatus};

/// Which jobs to list.
#[derive(Debug, Clone, Default)]
pub struct ListQuery {
    /// Jobs per page, 1 to 100; the service's default is 20.
    pub limit: Option<u32>,
    /// Only jobs of this status.
    pub job_status: Option<JobStatus>,
    /// Only jobs of this kind.
    pub name: Option<String>,
}

impl ListQuery {
    /// Whether the query selects the job. A service that does not know a filter lists all jobs.
    pub(crate) fn selects(&self, job: &Job) -> bool {
        let is_of_status = self
            .job_status
            .is_none_or(|status| job.job_status == status);
        is_of_status && self.name.as_ref().is_none_or(|name| job.name == *name)
    }
}

/// A page of the caller's jobs, newest first.
#[derive(Debug)]
pub struct JobPage {
    /// The jobs. A query with a filter can have pages without any.
    pub jobs: Vec<Job>,
    /// The next page, for [`Client::page`]; `None` on the last.
    pub next: Option<Url>,
}

#[derive(Deserialize)]
struct Body {
    jobs: Vec<Job>,
    #[serde(rename = "next-cursor")]
    next_cursor: Option<String>,
    next: Option<String>,
}

impl Body {
    /// The cursor of the next page; `None` on the last.
    fn cursor(&self, base: &Url) -> Result<Option<String>, &'static str> {
        let Some(next) = &self.next else {
            return Ok(self.next_cursor.clone());
        };
        let in_link = || {
            let next = base.join(next).ok()?;
            let mut pairs = next.query_pairs();
            pairs.find_map(|(name, value)| (name == "cursor").then(|| value.into_owned()))
        };
        let cursor = self.next_cursor.clone().or_else(in_link);
        cursor.map(Some).ok_or("`next` has no cursor")
    }
}

impl Client {
    /// The caller's jobs that the query selects, newest first. Each page is read when the stream gets to it; after an error, the
    /// stream ends.
    ///
    /// A job that is submitted in the meantime is not listed, and one that changes its status in the meantime is listed as its page
    /// shows it.
    pub fn jobs(&self, query: &ListQuery) -> impl Stream<Item = Result<Job, ClientError>> {
        let first = Some(self.first_page(query));
        let pages = stream::try_unfold(first, async |next| {
            let Some(url) = next else {
                return Ok::<_, ClientError>(None);
            };
            let page = self.page(&url?).await?;
            Ok(Some((page.jobs, page.next.map(Ok))))
        });
        let jobs = pages.map_ok(|jobs| stream::iter(jobs.into_iter().map(Ok)));
        jobs.try_flatten()
            .try_filter(|job| ready(query.selects(job)))
    }

    /// Reads the first page of the caller's jobs.
    pub async fn list(&self, query: &ListQuery) -> Result<JobPage, ClientError> {
        let mut page = self.page(&self.first_page(query)?).await?;
        page.jobs.retain(|job| query.selects(job));
        Ok(page)
    }

    /// Reads a further page, by the `next` of the page before.
    pub async fn page(&self, url: &Url) -> Result<JobPage, ClientError> {
        let response = self.call(Method::GET, url).await?;
        let body: Body = response.document()?;
        let cursor = body.cursor(url).map_err(|what| response.unexpected(what))?;
        // Not the link itself: if the service's links have another origin than the base URL, credentials must not go there.
        let next = cursor.map(|cursor| {
            let mut next = url.clone();
            let others = url.query_pairs().filter(|(name, _)| name != "cursor");
            let mut query = next.query_pairs_mut();
            query.clear().extend_pairs(others);
            query.append_pair("cursor", &cursor);
            drop(query);
            next
        });
        Ok(JobPage {
            jobs: body.jobs,
            next,
        })
    }

    fn first_page(&self, query: &ListQuery) -> Result<Url, ClientError> {
        let mut url = self.join("jobs")?;
        let limit = query.limit.map(|limit| limit.to_string());
        let status = query.job_status.map(JobStatus::as_str);
        let parameters = [
            ("limit", limit.as_deref()),
            ("job-status", status),
            ("name", query.name.as_deref()),
        ];
        for (name, value) in parameters {
            if let Some(value) = value {
                url.query_pairs_mut().append_pair(name, value);
            }
        }
        Ok(url)
    }
}
