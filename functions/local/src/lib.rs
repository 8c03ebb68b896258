//! The whole service on one machine, for development and tests: stand-ins for the parts of AWS that it needs.
//!
//! They are a gateway in place of API Gateway, the Lambda Runtime API with one process per function instance, an embedded
//! DynamoDB, SQS and S3 that speak the real wire protocols, and the event source mapping between queue and worker.
//! Everything listens on 127.0.0.1 only. It is not durable storage.

mod backends;
mod backends_command;
mod bucket;
mod bucket_access;
mod bucket_cors;
mod bucket_server;
mod build;
mod cli;
mod clients;
mod conclusion;
mod cors;
mod demo;
mod environment;
mod event_source;
mod function;
mod gateway;
mod gateway_authorizer;
mod gateway_event;
mod gateway_response;
mod gateway_signature;
mod gateway_tokens;
mod identifiers;
mod instance;
mod invoke_error;
mod kept;
mod kind_variables;
mod listen;
mod loopback;
mod memory;
mod objects;
mod pool;
mod process;
mod profile_table;
mod queues;
mod receiver;
mod repeat;
mod role;
mod routes;
mod runtime_api;
mod schedule;
mod scheduler_server;
mod schedules;
mod serve;
mod service;
mod service_options;
mod sqs_event;
mod start_error;
mod table;
mod target;

pub use backends::{Backends, Endpoints, TABLE};
pub use bucket::BUCKET;
pub use bucket_cors::{
    BUCKET_PAGE_ORIGIN, BUCKET_READ_METHODS, BUCKET_RESPONSE_HEADERS, BUCKET_UPLOAD_HEADERS,
};
pub use build::Build;
pub use cli::main;
pub use clients::{dynamodb_client, sqs_client};
pub use conclusion::stop_signal;
pub use cors::{CORS_MAX_AGE_SECONDS, CORS_METHODS, CORS_REQUEST_HEADERS, CORS_RESPONSE_HEADERS};
pub use event_source::{EventSource, EventSourceSpec};
pub use function::{FunctionSpec, LogSink};
pub use gateway::Gateway;
pub use gateway_authorizer::Authorizer;
pub use gateway_signature::KeyPair;
pub use gateway_tokens::TokenIssuer;
pub use invoke_error::InvokeError;
pub use pool::{FunctionProcess, Pool, ProcessState};
pub use queues::{CALLBACK_QUEUE, DEAD_LETTER_QUEUE, QUEUE};
pub use role::{Role, exit_when_parent_is_gone};
pub use routes::{Function, ROUTES, Route};
pub use schedule::SCHEDULE_GROUP;
pub use service::{CALLBACK_CONCURRENCY, HTTP_PROCESSES, Service};
pub use service_options::ServiceOptions;
pub use start_error::StartError;
pub use table::create_table;
pub use target::{Endpoint, Target};
