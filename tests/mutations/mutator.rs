//! Records which writes pass a front, and takes a part out of the condition of some of them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::http::StatusCode;
use rehearse::faults::{Call, Intercept};

use super::part::Part;
use super::write::{Write, set_condition};

/// The part that is taken out of one kind of write.
pub(super) type Mutation = (Write, Part);

/// What passed the front.
#[derive(Clone, Debug, Default)]
pub(super) struct Passed {
    pub(super) seen: BTreeSet<Write>,
    /// Number of requests whose condition was changed.
    pub(super) mutated: usize,
    /// DynamoDB's answer to a changed request that it did not understand.
    pub(super) not_understood: Option<String>,
}

/// Clones share what passed.
#[derive(Clone)]
pub(super) struct Mutator {
    mutation: Option<Arc<Mutation>>,
    passed: Arc<Mutex<Passed>>,
}

impl Mutator {
    pub(super) fn new(mutation: Option<Mutation>) -> Self {
        Self {
            mutation: mutation.map(Arc::new),
            passed: Arc::default(),
        }
    }

    pub(super) fn passed(&self) -> Passed {
        self.passed.lock().unwrap().clone()
    }

    /// The part that is taken out of this write.
    fn part_of(&self, write: &Write) -> Option<&Part> {
        let mutation = self.mutation.as_deref();
        mutation.and_then(|(of, part)| (of == write).then_some(part))
    }
}

impl Intercept for Mutator {
    fn rewrite(&self, call: &mut Call) {
        let Some(write) = Write::of(&call.operation, &call.body) else {
            return;
        };
        let mut passed = self.passed.lock().unwrap();
        if let Some(part) = self.part_of(&write) {
            passed.mutated += 1;
            let mut request = call.body.clone();
            set_condition(&mut request, part.rest.as_deref());
            call.set_body(request);
        }
        passed.seen.insert(write);
    }

    fn answered(&self, _call: &Call, status: StatusCode, answer: &Bytes) {
        let text = String::from_utf8_lossy(answer);
        // Of an expression; other things in a request may be refused rightly.
        let is_refused = text.contains("ValidationException") && text.contains("Expression");
        let mut passed = self.passed.lock().unwrap();
        if passed.mutated > 0 && status == StatusCode::BAD_REQUEST && is_refused {
            passed.not_understood = Some(text.into_owned());
        }
    }
}
