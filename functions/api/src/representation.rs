//! The representations of resources.

use crate::answer::{HTML, JSON};

/// A representation of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Representation {
    /// `application/json`
    Json,
    /// `application/atom+xml;type=entry`
    AtomEntry,
    /// `application/atom+xml;type=feed`
    AtomFeed,
    /// `text/html`
    Html,
}

impl Representation {
    /// Representations of a job. A client that states no preference gets the first.
    pub const OF_JOB: &'static [Self] = &[Self::Json, Self::AtomEntry, Self::Html];

    /// Representations of a job in the response to a command. No browser sends a command and expects a page.
    pub const OF_COMMAND: &'static [Self] = &[Self::Json, Self::AtomEntry];

    /// Representations of the list of jobs.
    pub const OF_LIST: &'static [Self] = &[Self::Json, Self::AtomFeed, Self::Html];

    /// Representations of the home document, kinds and problem types.
    pub const OF_DOCUMENT: &'static [Self] = &[Self::Json, Self::Html];

    /// Representations of a result, and of the OpenAPI document.
    pub const OF_RESULT: &'static [Self] = &[Self::Json];

    /// Representations of a job behind a monitor link: a page for a person.
    pub const OF_MONITOR: &'static [Self] = &[Self::Html];

    /// The `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Json => JSON,
            Self::AtomEntry => "application/atom+xml;type=entry",
            Self::AtomFeed => "application/atom+xml;type=feed",
            Self::Html => HTML,
        }
    }

    /// The media type as `Accept` names it: the type, and the parameter that distinguishes the two kinds of Atom documents.
    pub(crate) const fn media_type(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Json => ("application/json", None),
            Self::AtomEntry => ("application/atom+xml", Some("entry")),
            Self::AtomFeed => ("application/atom+xml", Some("feed")),
            Self::Html => ("text/html", None),
        }
    }
}
