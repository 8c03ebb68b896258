//! Where somebody without credentials may look at a job.

use engine::{IdSecrets, JobRecord};

use crate::{Answer, Incoming};

impl Answer {
    /// The same with the monitor link of a job (the relation is RFC 5989's): whoever has it may look at the job's page.
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
