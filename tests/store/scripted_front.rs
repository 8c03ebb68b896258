//! The front before a DynamoDB, as the store's checks use it: loses answers and holds writes back.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use rehearse::faults::{Call, Fault, Front, Hold};

/// A front whose next writes fare as a check says. It ends with the check.
pub(super) struct ScriptedFront {
    front: Front,
    acts: Arc<Mutex<VecDeque<Fault>>>,
}

/// A write that is held back.
pub(super) struct Held(Arc<Hold>);

impl Held {
    /// Returns once the write is on its way, and so is whatever its sender read before.
    pub(super) async fn arrived(&self) {
        self.0.arrived().await;
    }

    pub(super) fn release(self) {
        self.0.release();
    }
}

impl ScriptedFront {
    pub(super) async fn of(endpoint: &str) -> Self {
        let acts = Arc::new(Mutex::new(VecDeque::new()));
        let script = acts.clone();
        let decide = move |call: &Call| {
            let mut script = script.lock().unwrap();
            call.is_table_write().then(|| script.pop_front()).flatten()
        };
        let front = Front::before_table(endpoint, decide).await;
        Self {
            front: front.unwrap(),
            acts,
        }
    }

    pub(super) fn endpoint(&self) -> &str {
        &self.front.url
    }

    /// The next write fares like this.
    pub(super) fn next_write(&self, fault: Fault) {
        self.acts.lock().unwrap().push_back(fault);
    }

    /// The next write takes effect, and its answer is lost.
    pub(super) fn lose_next_answer(&self) {
        self.next_write(Fault::ResetAfter);
    }

    /// The next write waits until it is released.
    pub(super) fn hold_next_write(&self) -> Held {
        let hold = Arc::new(Hold::default());
        self.next_write(Fault::Hold(hold.clone()));
        Held(hold)
    }

    /// Whether every act has been played.
    pub(super) fn is_done(&self) -> bool {
        self.acts.lock().unwrap().is_empty()
    }
}
