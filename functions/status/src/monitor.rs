//! `GET /monitor/{token}`: a job's page for anyone who has its link. The gateway lets every request through; the token identifies the
//! job.

use api::{Answer, Incoming, Problem, ProblemKind, Representation, monitor_answer};
use engine::Timestamp;

use crate::App;

/// The page: 200, or 410 if the job has expired. A text that is not a token of this deployment is 404 without a read, and so is
/// every token if monitor links are off.
pub(crate) async fn page(
    app: &App,
    incoming: &Incoming,
    token: &str,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let secrets = app.features.monitor_links.then_some(&app.secrets);
    let token = secrets.and_then(|secrets| secrets.read_monitor_token(token));
    let token = token.ok_or_else(|| Problem::new(ProblemKind::NotFound))?;
    incoming.choose(Representation::OF_MONITOR)?;
    if token.is_expired(now) {
        return Err(expired());
    }
    let record = app.store.get(&token.id).await?;
    let live = record.filter(|record| token.is_of(record) && !record.is_expired(now));
    let record = live.ok_or_else(expired)?;
    Ok(monitor_answer(&record.judged(now), incoming))
}

/// The problem of an expired job. It says nothing about the record, because the link gives access to the page only.
fn expired() -> Problem {
    Problem::new(ProblemKind::JobExpired)
        .detail("This job has expired or was deleted.")
        .header("x-robots-tag", "noindex".to_owned())
}
