//! The query of `GET /jobs`.

/// The parameters of a page of the list. Their values contain only characters that a URL may have.
#[derive(Clone, Copy, Debug, Default)]
pub struct ListQuery<'a> {
    /// The maximum number of jobs, if it is not the default.
    pub limit: Option<usize>,
    /// The position in the list.
    pub cursor: Option<&'a str>,
    /// The only `job-status` that is listed.
    pub status: Option<&'a str>,
    /// The only kind that is listed.
    pub name: Option<&'a str>,
}

impl ListQuery<'_> {
    /// The same query for the newest jobs.
    pub(crate) fn first_page(&self) -> Self {
        Self {
            cursor: None,
            ..*self
        }
    }

    /// The path of the page, with its query.
    #[must_use]
    pub fn path(&self) -> String {
        let limit = self.limit.map(|limit| limit.to_string());
        let parameters = [
            ("limit", limit.as_deref()),
            ("cursor", self.cursor),
            ("job-status", self.status),
            ("name", self.name),
        ];
        let given = parameters.into_iter();
        let given = given.filter_map(|(name, value)| Some(format!("{name}={}", value?)));
        let given = given.collect::<Vec<_>>().join("&");
        let mark = if given.is_empty() { "" } else { "?" };
        format!("/jobs{mark}{given}")
    }
}
