//! HTTP, as `submit` and `status` share it: the event made into a request, the owner, links, the job document, problems.

mod answer;
mod authorizer;
mod base_url;
mod document;
mod entrance;
mod etag;
mod failure;
mod incoming;
mod problem;
mod problem_kind;
mod route;
mod serve;

pub use answer::{Answer, JSON};
pub use document::{JobDocument, JobMembers, job_answer, job_path, retry_after};
pub use entrance::Entrance;
pub use etag::{entity_tag, matches};
pub use failure::{queue_problem, store_problem, too_late, unwritable};
pub use incoming::Incoming;
pub use problem::{FieldError, Problem};
pub use problem_kind::ProblemKind;
pub use route::{Resource, Route};
pub use serve::serve;
