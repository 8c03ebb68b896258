//! HTTP, as `submit` and `status` share it: the event made into a request, the owner, links, the job document, problems.

mod answer;
mod authorizer;
mod base_url;
mod document;
mod etag;
mod failure;
mod hold;
mod incoming;
mod links;
mod prefer;
mod problem;
mod problem_kind;
mod route;
mod serve;
mod words;

pub use answer::{Answer, JSON, PROBLEM_JSON};
pub use document::{AcceptedDocument, JobDocument, JobMembers, job_answer, job_path, retry_after};
pub use etag::entity_tag;
pub use failure::{queue_problem, store_problem, too_late, unwritable};
pub use hold::{Hold, LONGEST_HOLD};
pub use incoming::Incoming;
pub use links::OPENAPI_PATH;
pub use prefer::Preferences;
pub use problem::{FieldError, Problem, ProblemDocument};
pub use problem_kind::ProblemKind;
pub use route::{Resource, Route};
pub use serve::serve;
