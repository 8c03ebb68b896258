//! HTTP, as `submit` and `status` share it: the event made into a request, the owner, links, what the client takes, the job as
//! JSON, Atom entry and page, problems.

mod accept;
mod answer;
mod atom;
mod authorizer;
mod base_url;
mod document;
mod entrance;
mod etag;
mod event;
mod failure;
mod hold;
mod html;
mod incoming;
mod job_answer;
mod links;
mod markup;
mod monitor_link;
mod prefer;
mod problem;
mod problem_kind;
mod report;
mod representation;
mod result;
mod route;
mod serve;
mod words;

pub use answer::{Answer, JSON, PROBLEM_JSON};
pub use atom::Feed;
pub use document::{AcceptedDocument, JobDocument, JobMembers, job_path, retry_after};
pub use entrance::Entrance;
pub use etag::{entity_tag, job_tag};
pub use failure::{queue_problem, store_problem, too_late, unwritable};
pub use hold::{Hold, looks_until};
pub use html::{JobList, home_page, list_page, problem_type_page};
pub use incoming::Incoming;
pub use job_answer::{accepted_answer, job_answer, monitor_answer};
pub use links::OPENAPI_PATH;
pub use markup::is_xml_char;
pub use prefer::Preferences;
pub use problem::{FieldError, Problem, ProblemDocument};
pub use problem_kind::ProblemKind;
pub use representation::Representation;
pub use result::with_result;
pub use route::{Resource, Route};
pub use serve::serve;
