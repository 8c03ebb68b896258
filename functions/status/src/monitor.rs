//! `GET /monitor/{token}`: a job's page for whoever has its link. The gateway lets everybody in, and the token says to what.

use api::{Answer, Incoming, Problem, ProblemKind, Representation, monitor_answer, store_problem};
use engine::Timestamp;

use crate::App;

/// The page: 200, or 410 once the job's time is over. Whatever is no token of ours is 404 without a read, and so is every token
/// where monitor links are off.
pub(crate) async fn page(
    app: &App,
    incoming: &Incoming,
    token: &str,
    now: Timestamp,
) -> Result<Answer, Problem> {
    let secrets = app.monitor_links.then_some(&app.secrets);
    let token = secrets.and_then(|secrets| secrets.read_monitor_token(token));
    let token = token.ok_or_else(|| Problem::new(ProblemKind::NotFound))?;
    incoming.choose(Representation::OF_MONITOR)?;
    if token.is_expired(now) {
        return Err(over());
    }
    let record = app.store.get(&token.id).await;
    let record = record.map_err(|error| store_problem(&error))?;
    let live = record.filter(|record| token.is_of(record) && !record.is_expired(now));
    let judged = live.ok_or_else(over)?.judged(now);
    Ok(monitor_answer(&judged, incoming, now))
}

/// Nothing of the record is said: who has the link may see no more than the page.
fn over() -> Problem {
    Problem::new(ProblemKind::JobExpired)
        .detail("This job has expired or was deleted.")
        .header("x-robots-tag", "noindex".to_owned())
}
