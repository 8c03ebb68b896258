//! Watching many jobs until all have finished.

use futures_util::{StreamExt, stream};

use super::tally::{Tally, counted};
use super::watch::sentence_of;
use super::{CommandError, Exit};
use crate::{Client, ClientError, JobStatus, Url};

/// Maximum number of jobs that are polled at a time. The next one follows when one of them has finished; a job that has finished
/// by then takes one request.
const AT_ONCE: usize = 16;

/// Shows on stderr how many of the jobs have finished, and each one that did not succeed. Returns the exit code for the worst outcome.
pub(super) async fn watch_all(client: &Client, uris: &[Url]) -> Result<Exit, CommandError> {
    let tally = Tally::new("Watching", uris.len());
    let watches =
        stream::iter(uris).map(|uri| async move { (uri, client.watch(uri, |_| ()).await) });
    let mut watches = watches.buffer_unordered(AT_ONCE);
    let (mut succeeded, mut failed, mut canceled, mut gone) = (0, 0, 0, 0);
    while let Some((uri, watched)) = watches.next().await {
        match watched {
            Ok(job) if job.job_status == JobStatus::Success => succeeded += 1,
            Ok(job) => {
                tally.line(&format!("{uri}: {}", sentence_of(&job, uri)));
                match job.job_status {
                    JobStatus::Canceled => canceled += 1,
                    _ => failed += 1,
                }
            }
            Err(error @ (ClientError::Gone(_) | ClientError::NotFound(_))) => {
                tally.line(&format!("{uri}: {error}"));
                gone += 1;
            }
            Err(error) => return Err(error.into()),
        }
        tally.done(1);
    }
    let parts = [
        (succeeded, "succeeded"),
        (failed, "failed"),
        (canceled, "canceled"),
        (gone, "gone"),
    ];
    tally.end(&counted(uris.len(), &parts));
    Ok(match (failed, canceled, gone) {
        (1.., _, _) => Exit::Failed,
        (0, 1.., _) => Exit::Canceled,
        (0, 0, 1..) => Exit::Gone,
        (0, 0, 0) => Exit::Success,
    })
}
