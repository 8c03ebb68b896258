//! Jobs whose last attempt died with its process, and which may kill the next process, too.

use std::sync::Arc;

use engine::{ClaimDecision, JobRecord, JobState, decide_claim};

use crate::App;
use crate::delivery::{Delivery, Numbered};
use crate::invocation::now;
use crate::tasks::each;

/// The first suspect of a batch; `None` for a single delivery, which cannot harm another.
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

/// Whether the job's last attempt died with its process, and its next one would start here. One that ended its slice did not die. Only a
/// redelivered message can have such a job. If the table does not answer, the job does not count as a suspect.
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
        let died =
            |record: JobRecord| record.state == JobState::Started && !record.is_between_slices;
        starts && record.is_some_and(died)
    })
}
