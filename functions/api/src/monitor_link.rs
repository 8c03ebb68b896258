//! The link to a job's page for people without credentials.

use engine::{IdSecrets, JobRecord};

use crate::{Answer, Incoming};

impl Answer {
    /// Returns this response with the monitor link of a job (the relation is from RFC 5989): anyone with the link may see the job's
    /// page.
    #[must_use]
    pub fn monitor_link(
        self,
        record: &JobRecord,
        secrets: &IdSecrets,
        incoming: &Incoming,
    ) -> Self {
        let page = incoming.url(&format!("/monitor/{}", secrets.monitor_token(record)));
        self.typed_link(&page, "monitor", "text/html")
    }
}
