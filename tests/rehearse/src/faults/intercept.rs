//! What a front does with the calls that pass it.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::StatusCode;

use super::fault::Fault;
use super::plan::{Plan, Redelivery};
use crate::call::Call;

/// What a front does with the calls that pass it: a [`Plan`] of faults, or a test's own script or record.
pub trait Intercept: Send + Sync + 'static {
    /// Changes the call before anything else happens to it.
    fn rewrite(&self, _call: &mut Call) {}

    /// What goes wrong with this call.
    fn fault(&self, _call: &Call) -> Option<Fault> {
        None
    }

    /// What to do with the next message that the queue delivers.
    fn redelivery(&self) -> Option<Redelivery> {
        None
    }

    /// The back end gave this answer.
    fn answered(&self, _call: &Call, _status: StatusCode, _answer: &Bytes) {}
}

impl<F: Fn(&Call) -> Option<Fault> + Send + Sync + 'static> Intercept for F {
    fn fault(&self, call: &Call) -> Option<Fault> {
        self(call)
    }
}

impl Intercept for Arc<Plan> {
    fn fault(&self, call: &Call) -> Option<Fault> {
        Plan::fault(self, call)
    }

    fn redelivery(&self) -> Option<Redelivery> {
        Plan::redelivery(self)
    }
}
