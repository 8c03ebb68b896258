//! The bucket for large inputs and results: objects by their key, and URLs that give a client access to one object for a time.
//!
//! There is no client of S3 here: the four requests that the functions make are [`crate::signed`] ones.

mod limits;
mod object;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use object::{ObjectFacts, UploadedObject};

use crate::signed::{Service, SignedClient};
use crate::{Aws, ConfigError, Environment, JobId, UploadId};

/// The largest object that a single PUT can store: 5 GiB.
/// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/upload-objects.html>
pub const MAX_OBJECT_BYTES: u64 = 5 * 1_024 * 1_024 * 1_024;

/// The longest time that a URL gives access for. It ends with the session of the role that signed it, too, and Lambda does not say when
/// that is.
pub const LONGEST_ACCESS: Duration = Duration::from_secs(3_600);

/// The lifecycle rules for results, in days: each is the prefix of its objects. The template has these rules.
pub const RESULT_DAYS: [u16; 4] = [2, 8, 32, 400];

/// The bucket of a deployment with large payloads. Cloning is cheap.
#[derive(Clone)]
pub struct Bucket {
    client: Arc<SignedClient>,
}

/// The variables of the endpoint, the first of which counts.
const ENDPOINTS: [&str; 3] = [
    "PAYLOADS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL",
];

impl Bucket {
    /// The bucket that `PAYLOADS_BUCKET` names, at the domain `PAYLOADS_DOMAIN`; `None` if the first one is not set. If S3 has another endpoint than
    /// that of AWS, it is the first of `PAYLOADS_ENDPOINT_URL`, `AWS_ENDPOINT_URL_S3` and `AWS_ENDPOINT_URL` that is set. `local` sets the first
    /// one, so that a kind can have an S3 of its own. Nothing is sent.
    pub fn of(environment: &Environment, aws: &Aws) -> Result<Option<Self>, ConfigError> {
        let Some(name) = environment.optional("PAYLOADS_BUCKET") else {
            return Ok(None);
        };
        let url = match environment.endpoint(&ENDPOINTS)? {
            Some(endpoint) => format!("{endpoint}/{name}/"),
            None => format!("https://{}/", environment.text("PAYLOADS_DOMAIN")?),
        };
        let client = SignedClient::new(Service::S3, url, aws)?;
        Ok(Some(Self {
            client: Arc::new(client),
        }))
    }

    /// The origin of its URLs (RFC 6454): scheme, host and port.
    #[must_use]
    pub fn origin(&self) -> &str {
        let url = self.client.url();
        let host = url.find("://").map_or(0, |scheme| scheme + 3);
        let end = url[host..].find('/').map_or(url.len(), |end| host + end);
        &url[..end]
    }
}

/// Does not show the credentials.
impl fmt::Debug for Bucket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Bucket").field(&self.client.url()).finish()
    }
}

/// The key of an upload.
#[must_use]
pub fn upload_key(id: &UploadId) -> String {
    format!("uploads/{id}")
}

/// The key of a result. The fencing token makes it the attempt's own: a superseded attempt writes another object.
#[must_use]
pub(crate) fn result_key(days: u16, id: &JobId, token: &str) -> String {
    format!("results/{days}/{id}/{token}")
}

/// The class of a result that must stay for `retention`: the shortest of [`RESULT_DAYS`] that covers it and a day, because the result is
/// stored before its job ends. The longest covers every retention that the template allows.
#[must_use]
pub(crate) fn result_days(retention: Duration) -> u16 {
    const DAY: Duration = Duration::from_secs(86_400);
    let covers = |days: &u16| DAY * u32::from(*days - 1) >= retention;
    let [.., longest] = RESULT_DAYS;
    RESULT_DAYS.into_iter().find(covers).unwrap_or(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_stays_at_least_a_day_longer_than_its_job() {
        let days = |hours: u64| result_days(Duration::from_secs(3_600 * hours));
        assert_eq!([days(1), days(24), days(25)], [2, 2, 8]);
        assert_eq!([days(7 * 24), days(31 * 24)], [8, 32]);
        assert_eq!([days(31 * 24 + 1), days(365 * 24)], [400, 400]);
    }
}
