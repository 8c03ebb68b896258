//! Jobs whose last attempt died with its process: they may take the next process along.

use std::sync::Arc;

use engine::{ClaimDecision, JobState, decide_claim};

use crate::App;
use crate::batch::{Numbered, each};
use crate::delivery::Delivery;
use crate::invocation::now;

/// The first suspect of a batch. A delivery that is alone can harm no other.
pub(crate) async fn first(app: &Arc<App>, deliveries: &[Numbered]) -> Option<usize> {
    let is_batch = deliveries.len() > 1;
    let looks = deliveries.iter().filter(|_| is_batch);
    let looks = looks.filter_map(|(index, delivery)| {
        let look = is_suspect(app, delivery)?;
        let index = *index;
        Some(async move { look.await.then_some(index) })
    });
    let mut first = None;
    each(looks, |suspect: Option<usize>| {
        first = first.into_iter().chain(suspect).min();
    })
    .await;
    first
}

/// Whether the job's last attempt died with its process, and its next one would start here. Only a message that was
/// delivered before can have such a job. If the table does not answer, the job is like any other.
fn is_suspect(
    app: &Arc<App>,
    delivery: &Delivery,
) -> Option<impl Future<Output = bool> + Send + use<>> {
    let message = delivery.message.as_ref().ok()?;
    if delivery.deliveries < 2 || app.runners.get(&message.kind).is_none() {
        return None;
    }
    let (app, id, fingerprint) = (app.clone(), message.id, message.fingerprint.clone());
    Some(async move {
        let record = app.store.get(&id).await.ok().flatten();
        let starts = decide_claim(record.as_ref(), &fingerprint, now()) == ClaimDecision::Start;
        starts && record.is_some_and(|record| record.state == JobState::Started)
    })
}
