//! The uploads that jobs name: each is looked up once, however many jobs of a request name it.

use std::collections::{HashMap, HashSet};

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

/// The uploads that a job names: the place of each in its input, and its id if it was issued to the job's owner.
pub(crate) struct JobUploads(Vec<(String, Option<UploadId>)>);

impl JobUploads {
    /// Reads the ids. No call is made.
    ///
    /// # Errors
    /// 422 if there are too many, or if the deployment takes no uploads.
    pub(crate) fn of(app: &App, owner: &Owner, named: Vec<NamedUpload>) -> Result<Self, Problem> {
        let issued = |id: &UploadId| app.secrets.issued_upload_to(id, owner);
        let read = |NamedUpload { pointer, id }| (pointer, id.parse().ok().filter(issued));
        let named = Self(named.into_iter().map(read).collect());
        if app.uploads.is_none() {
            let none = "names an upload, and this deployment takes none";
            named.refuse(|_| Some(none.to_owned()))?;
        }
        if named.ids().len() > MAX_UPLOADS {
            let detail = format!("must not name more than {MAX_UPLOADS} uploads");
            return Err(refused(ProblemKind::InvalidJob, [("/input", detail)]));
        }
        Ok(named)
    }

    /// The ids, each once.
    pub(crate) fn ids(&self) -> HashSet<UploadId> {
        self.0.iter().filter_map(|(_, id)| *id).collect()
    }

    /// Finds the uploads of a job that may run until `latest`: one call for each.
    ///
    /// # Errors
    /// As [`FoundUploads::of_job`].
    pub(crate) async fn find(
        &self,
        app: &App,
        latest: Timestamp,
    ) -> Result<Vec<UploadedObject>, Problem> {
        let found = FoundUploads::of(app, self.ids()).await;
        found.of_job(app, self, latest)
    }

    /// # Errors
    /// 422 at the place of each upload with which something is `wrong`.
    fn refuse(&self, wrong: impl Fn(Option<&UploadId>) -> Option<String>) -> Result<(), Problem> {
        let errors = self.0.iter().filter_map(|(pointer, id)| {
            let wrong = wrong(id.as_ref())?;
            Some((format!("/input{pointer}"), wrong))
        });
        let mut errors = errors.peekable();
        if errors.peek().is_none() {
            return Ok(());
        }
        Err(refused(ProblemKind::InvalidJob, errors))
    }
}

/// What the bucket says about uploads.
pub(crate) struct FoundUploads(HashMap<UploadId, Result<Option<ObjectFacts>, Problem>>);

impl FoundUploads {
    /// Asks the bucket about these uploads.
    pub(crate) async fn of(app: &App, ids: HashSet<UploadId>) -> Self {
        let mut found = HashMap::new();
        let Some(uploads) = &app.uploads else {
            return Self(found);
        };
        let ids: Vec<_> = ids.into_iter().collect();
        for ids in ids.chunks(CALLS_AT_ONCE) {
            let facts = heads(&uploads.bucket, ids).await;
            found.extend(facts.map(|(id, facts)| (id, facts.map_err(Problem::from))));
        }
        Self(found)
    }

    /// The uploads of a job that may run until `latest`.
    ///
    /// # Errors
    /// 422 at the place of each upload that is not complete, not the caller's, or could be gone when the job runs: an upload of someone
    /// else looks like one that does not exist. 500 or 503 if the bucket did not say.
    pub(crate) fn of_job(
        &self,
        app: &App,
        named: &JobUploads,
        latest: Timestamp,
    ) -> Result<Vec<UploadedObject>, Problem> {
        let Some(uploads) = &app.uploads else {
            return Ok(Vec::new());
        };
        let mut found: HashMap<UploadId, &ObjectFacts> = HashMap::new();
        for id in named.ids() {
            if let Some(facts) = self.0.get(&id)
                && let Some(facts) = facts.as_ref().map_err(Clone::clone)?
            {
                found.insert(id, facts);
            }
        }
        named.refuse(|id| {
            let Some(facts) = id.and_then(|id| found.get(id)) else {
                return Some("is not a completed upload of yours, or has expired".to_owned());
            };
            let ends = facts.stored_at.plus(uploads.life);
            (ends < latest).then(|| {
                format!(
                    "expires at {ends}, and the job may run until {latest}: upload it again later"
                )
            })
        })?;
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
