//! Routes and resources.

use engine::{JobId, KindName};
use http::{Method, StatusCode};

use crate::{Answer, Incoming, Problem, ProblemKind};

/// A resource, by its path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resource {
    /// `/`: the home document.
    Home,
    /// `/openapi.json`: the OpenAPI document.
    OpenApi,
    /// `/kinds/{name}`: a kind.
    Kind(KindName),
    /// `/jobs`: the caller's jobs.
    Jobs,
    /// `/jobs/{id}`: a job.
    Job(JobId),
    /// `/jobs/{id}/result`: its result.
    JobResult(JobId),
    /// `/jobs/{id}/cancel`: cancels it.
    JobCancel(JobId),
    /// `/uploads`: takes requests for uploads.
    Uploads,
    /// `/callbacks`: the secrets that sign the caller's webhooks.
    Callbacks,
    /// `/problems/{slug}`: a problem type.
    ProblemType(ProblemKind),
    /// `/monitor/{token}`: a job's page for anyone with the link.
    Monitor(String),
}

/// The route of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `POST /jobs`
    Submit,
    /// `GET /jobs`
    List,
    /// `GET /jobs/{id}`
    Status(JobId),
    /// `DELETE /jobs/{id}`
    Delete(JobId),
    /// `GET /jobs/{id}/result`
    JobResult(JobId),
    /// `POST /jobs/{id}/cancel`
    Cancel(JobId),
    /// `POST /uploads`
    Upload,
    /// `GET /callbacks`
    Callbacks,
    /// `GET /`
    Home,
    /// `GET /openapi.json`
    OpenApi,
    /// `GET /kinds/{name}`
    Kind(KindName),
    /// `GET /problems/{slug}`
    ProblemType(ProblemKind),
    /// `GET /monitor/{token}`
    Monitor(String),
    /// `OPTIONS` of any resource: the methods that it supports.
    Options(Resource),
}

impl Route {
    /// The route of a request. `HEAD` counts as `GET`.
    ///
    /// # Errors
    /// 404 if there is no such resource; 405 with `Allow` if it does not support the method.
    pub fn of(incoming: &Incoming) -> Result<Self, Problem> {
        let resource = Resource::at(&incoming.path).ok_or_else(|| not_found(&incoming.path))?;
        let method = if incoming.method == Method::HEAD {
            Method::GET
        } else {
            incoming.method.clone()
        };
        match (&resource, method.as_str()) {
            (Resource::Home, "GET") => Ok(Self::Home),
            (Resource::OpenApi, "GET") => Ok(Self::OpenApi),
            (Resource::Kind(name), "GET") => Ok(Self::Kind(name.clone())),
            (Resource::Jobs, "POST") => Ok(Self::Submit),
            (Resource::Jobs, "GET") => Ok(Self::List),
            (Resource::Job(id), "GET") => Ok(Self::Status(*id)),
            (Resource::Job(id), "DELETE") => Ok(Self::Delete(*id)),
            (Resource::JobResult(id), "GET") => Ok(Self::JobResult(*id)),
            (Resource::JobCancel(id), "POST") => Ok(Self::Cancel(*id)),
            (Resource::Uploads, "POST") => Ok(Self::Upload),
            (Resource::Callbacks, "GET") => Ok(Self::Callbacks),
            (Resource::ProblemType(kind), "GET") => Ok(Self::ProblemType(*kind)),
            (Resource::Monitor(token), "GET") => Ok(Self::Monitor(token.clone())),
            (_, "OPTIONS") => Ok(Self::Options(resource)),
            _ => Err(method_not_allowed(&resource)),
        }
    }
}

impl Resource {
    /// The resource at a path, if there is one.
    #[must_use]
    pub fn at(path: &str) -> Option<Self> {
        let segments: Vec<_> = path.strip_prefix('/')?.split('/').collect();
        match segments[..] {
            [""] => Some(Self::Home),
            ["openapi.json"] => Some(Self::OpenApi),
            ["kinds", name] => name.parse().ok().map(Self::Kind),
            ["jobs"] => Some(Self::Jobs),
            ["jobs", id] => id.parse().ok().map(Self::Job),
            ["jobs", id, "result"] => id.parse().ok().map(Self::JobResult),
            ["jobs", id, "cancel"] => id.parse().ok().map(Self::JobCancel),
            ["uploads"] => Some(Self::Uploads),
            ["callbacks"] => Some(Self::Callbacks),
            ["problems", slug] => ProblemKind::of_slug(slug).map(Self::ProblemType),
            ["monitor", token] => Some(Self::Monitor(token.to_owned())),
            _ => None,
        }
    }

    /// The response to `OPTIONS`: 204 with `Allow`. It needs no read, so it reveals nothing about the resource.
    #[must_use]
    pub fn options(&self) -> Answer {
        Answer::empty(StatusCode::NO_CONTENT).with("allow", self.allow())
    }

    fn allow(&self) -> &'static str {
        match self {
            Self::Jobs => "GET, HEAD, OPTIONS, POST",
            Self::Job(_) => "DELETE, GET, HEAD, OPTIONS",
            Self::JobCancel(_) | Self::Uploads => "OPTIONS, POST",
            Self::Home
            | Self::OpenApi
            | Self::Kind(_)
            | Self::Callbacks
            | Self::JobResult(_)
            | Self::ProblemType(_)
            | Self::Monitor(_) => "GET, HEAD, OPTIONS",
        }
    }
}

/// A malformed id was never issued, so the problem type is the same as for a job of someone else.
fn not_found(path: &str) -> Problem {
    if path.starts_with("/jobs/") {
        Problem::new(ProblemKind::JobNotFound).detail(
            "This path names no job. The id of a job is a UUID in lower case, and the path does not end with a slash.",
        )
    } else {
        Problem::new(ProblemKind::NotFound)
    }
}

fn method_not_allowed(resource: &Resource) -> Problem {
    let detail = format!("This resource supports {}.", resource.allow());
    Problem::new(ProblemKind::MethodNotAllowed)
        .detail(detail)
        .header("allow", resource.allow().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "018f4d3e-0000-8000-8000-000000000000";

    #[test]
    fn nothing_else_is_a_resource() {
        let (slash, more) = (format!("/jobs/{ID}/"), format!("/jobs/{ID}/result/x"));
        for path in [
            "",
            "jobs",
            "/jobs/",
            "/jobs/1",
            "/job",
            "/kinds",
            "/kinds/Csv",
            "/uploads/",
            "/callbacks/",
            "/callback",
            "//",
            "/problems/",
            "/problems/nothing",
            "/Jobs",
            &slash,
            &more,
        ] {
            assert_eq!(Resource::at(path), None, "{path}");
        }
    }
}
