//! Pages of an owner's jobs.

use std::fmt;
use std::str::FromStr;

use super::index::{created_order, read_created_order};
use crate::{JobId, Judged, Timestamp};

/// A position in the list of an owner's jobs, newest first: directly after the job that it names. Opaque to clients.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cursor(String);

impl Cursor {
    pub(crate) fn behind(created_at: Timestamp, id: &JobId) -> Self {
        Self(created_order(created_at, id))
    }

    pub(crate) fn order(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Cursor {
    type Err = ParseCursorError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read_created_order(text)
            .map(|_| Self(text.to_owned()))
            .ok_or(ParseCursorError)
    }
}

/// The text is not a cursor from a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a cursor from a page of this list")]
pub struct ParseCursorError;

/// A page of an owner's jobs, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// The jobs. With a filter, there may be fewer than the limit, or none, although `next` has more.
    pub jobs: Vec<Judged<'static>>,
    /// The beginning of the next page, if there may be one.
    pub next: Option<Cursor>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::tests::accepted;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_is_one() {
        let job = accepted();
        let cursor = Cursor::behind(job.created_at, &job.id);
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in [
            "",
            "-",
            "1-2",
            "000001000000000-x",
            "+00001000000000-018f4d3e-0000-8000-8000-000000000000",
        ] {
            assert_eq!(text.parse::<Cursor>(), Err(ParseCursorError), "{text}");
        }
    }
}
