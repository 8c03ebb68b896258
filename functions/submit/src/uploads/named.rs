//! The uploads that jobs name: each is looked up once, however many jobs of a request name it.

use std::collections::HashMap;

use api::{Problem, ProblemKind};
use engine::{
    Bucket, NamedUpload, ObjectFacts, Owner, ServiceError, Timestamp, UploadId, UploadedObject,
    upload_key,
};
use tokio::task::JoinSet;

use crate::App;
use crate::body::refused;

/// Maximum number of uploads that a job names. Each costs a call.
const MAX_UPLOADS: usize = 10;

/// Maximum number of concurrent calls to the bucket. The jobs of a batch can name a thousand uploads.
const CALLS_AT_ONCE: usize = 25;

/// Finds the uploads that a job names: one call for each. The job may run until `latest`.
///
/// # Errors
/// 422 at the place of each upload that is not complete, not the caller's, or could be gone when the job runs. An upload of someone else
/// looks like one that does not exist.
pub(crate) async fn find(
    app: &App,
    owner: &Owner,
    named: &[NamedUpload],
    latest: Timestamp,
) -> Result<Vec<UploadedObject>, Problem> {
    let ids = ids_of(app, owner, named)?;
    let found = FoundUploads::of(app, &ids).await;
    found.of_job(app, owner, named, latest)
}

/// The ids that a job names, without those that were never issued to its owner.
///
/// # Errors
/// 422 if there are too many, or if the deployment takes no uploads.
pub(crate) fn ids_of(
    app: &App,
    owner: &Owner,
    named: &[NamedUpload],
) -> Result<Vec<UploadId>, Problem> {
    if !named.is_empty() && app.uploads.is_none() {
        return Err(refusal(named, |_| {
            Some("names an upload, and this deployment takes none".to_owned())
        }));
    }
    let mut ids: Vec<UploadId> = Vec::new();
    for id in named
        .iter()
        .filter_map(|upload| issued(app, owner, &upload.id))
    {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    if ids.len() > MAX_UPLOADS {
        let detail = format!("must not name more than {MAX_UPLOADS} uploads");
        return Err(refused(ProblemKind::InvalidJob, [("/input", detail)]));
    }
    Ok(ids)
}

/// The id, if it was issued to this owner.
fn issued(app: &App, owner: &Owner, id: &str) -> Option<UploadId> {
    let id = id.parse().ok()?;
    app.secrets.issued_upload_to(&id, owner).then_some(id)
}

/// What the bucket says about uploads.
pub(crate) struct FoundUploads(HashMap<UploadId, Result<Option<ObjectFacts>, Problem>>);

impl FoundUploads {
    /// Asks the bucket about these uploads, which are distinct.
    pub(crate) async fn of(app: &App, ids: &[UploadId]) -> Self {
        let mut found = HashMap::new();
        let Some(uploads) = &app.uploads else {
            return Self(found);
        };
        for ids in ids.chunks(CALLS_AT_ONCE) {
            let facts = heads(&uploads.bucket, ids).await;
            found.extend(facts.map(|(id, facts)| (id, facts.map_err(Problem::from))));
        }
        Self(found)
    }

    /// The uploads of a job that may run until `latest`.
    ///
    /// # Errors
    /// As [`find`]; 500 or 503 if the bucket did not say.
    pub(crate) fn of_job(
        &self,
        app: &App,
        owner: &Owner,
        named: &[NamedUpload],
        latest: Timestamp,
    ) -> Result<Vec<UploadedObject>, Problem> {
        let Some(uploads) = &app.uploads else {
            return Ok(Vec::new());
        };
        let mut found: HashMap<UploadId, &ObjectFacts> = HashMap::new();
        for id in ids_of(app, owner, named)? {
            if let Some(facts) = self.0.get(&id)
                && let Some(facts) = facts.as_ref().map_err(Clone::clone)?
            {
                found.insert(id, facts);
            }
        }
        let wrong = |upload: &NamedUpload| {
            let id = issued(app, owner, &upload.id);
            let Some(facts) = id.and_then(|id| found.get(&id)) else {
                return Some("is not a completed upload of yours, or has expired".to_owned());
            };
            let ends = facts.stored_at.plus(uploads.life);
            (ends < latest).then(|| {
                format!(
                    "expires at {ends}, and the job may run until {latest}: upload it again later"
                )
            })
        };
        if named.iter().any(|upload| wrong(upload).is_some()) {
            return Err(refusal(named, wrong));
        }
        let objects = found.into_iter().map(|(id, facts)| UploadedObject {
            id,
            etag: facts.etag.clone(),
            bytes: facts.bytes,
        });
        Ok(objects.collect())
    }
}

/// What the bucket says about these uploads, all at the same time.
async fn heads(
    bucket: &Bucket,
    ids: &[UploadId],
) -> impl Iterator<Item = (UploadId, Result<Option<ObjectFacts>, ServiceError>)> {
    let mut calls = JoinSet::new();
    for id in ids.iter().copied() {
        let bucket = bucket.clone();
        calls.spawn(async move { (id, bucket.head(&upload_key(&id)).await) });
    }
    // No call panics.
    calls.join_all().await.into_iter()
}

fn refusal(named: &[NamedUpload], wrong: impl Fn(&NamedUpload) -> Option<String>) -> Problem {
    let errors = named.iter().filter_map(|upload| {
        let pointer = format!("/input{}", upload.pointer);
        Some((pointer, wrong(upload)?))
    });
    refused(ProblemKind::InvalidJob, errors)
}
