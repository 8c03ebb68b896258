//! Jobs whose last attempt died with its process, and which may kill the next process, too.

use std::sync::Arc;

use engine::{ClaimDecision, Fingerprint, JobRecord, JobState, Timestamp, decide_claim};

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

/// Checks whether the job of a delivery is a suspect. `None` if it cannot be: only a redelivered message can have such a job. If the table
/// does not answer, the job does not count as one.
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
        record.is_some_and(|record| has_died(&record, &fingerprint, now()))
    })
}

/// Whether the job's last attempt died with its process, and its next one would start here. One that ended its slice did not die.
fn has_died(record: &JobRecord, fingerprint: &Fingerprint, now: Timestamp) -> bool {
    let starts = decide_claim(Some(record), fingerprint, now) == ClaimDecision::Start;
    starts && record.state == JobState::Started && !record.is_between_slices
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::test_kit;

    #[test]
    fn a_job_whose_worker_died_is_a_suspect_and_one_between_two_slices_is_not() {
        let job = test_kit::new_job();
        let (begin, fingerprint) = (job.scheduled_start, job.fingerprint.clone());
        let waiting = JobRecord::begin(job, begin);
        let dead = JobRecord {
            state: JobState::Started,
            attempt: 1,
            lease_until: Some(begin),
            ..waiting.clone()
        };
        let sliced = JobRecord {
            is_between_slices: true,
            ..dead.clone()
        };
        let suspects = [&waiting, &dead, &sliced].map(|job| has_died(job, &fingerprint, begin));
        assert_eq!(suspects, [false, true, false]);
    }
}
