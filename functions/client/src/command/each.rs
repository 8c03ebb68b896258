//! `submit --each`: each line of a file is the input of one job.

use std::path::Path;

use serde_json::value::RawValue;

use super::file::name_of;
use super::progress::line_about;
use super::tally::{Tally, counted};
use super::watch_all::watch_all;
use super::{CommandError, Exit, InputError, Output, read_text};
use crate::{
    BatchItem, BatchProgress, Client, ClientError, IdempotencyKey, MAX_BODY_BYTES, Submission, Url,
};

/// The jobs of a file.
pub(super) struct Each {
    submissions: Vec<Submission>,
    /// The line of each job, from 1.
    lines: Vec<usize>,
}

impl Each {
    /// Reads a file of JSON lines; `-` is stdin. Empty lines are skipped. Every other job is like `template`, but for its input.
    pub(super) fn load(path: &Path, template: &Submission) -> Result<Self, CommandError> {
        let (name, text) = (name_of(path), read_text(path)?);
        let mut each = Self {
            submissions: Vec::new(),
            lines: Vec::new(),
        };
        let lines = text.lines().zip(1..);
        for (text, line) in lines.filter(|(text, _)| !text.trim().is_empty()) {
            let input: Box<RawValue> =
                serde_json::from_str(text).map_err(|source| InputError::NotJson {
                    name: format!("line {line} of {name}"),
                    source,
                })?;
            let submission = Submission {
                input,
                ..template.clone()
            };
            let body = serde_json::to_vec(&submission).map_err(ClientError::Input)?;
            // Between the brackets of an array.
            if body.len() + 2 > MAX_BODY_BYTES {
                let name = name.clone();
                return Err(InputError::LineTooLarge { name, line }.into());
            }
            each.submissions.push(submission);
            each.lines.push(line);
        }
        Ok(each)
    }

    /// Submits the jobs. stdout gets their status URIs, in the order of the lines.
    pub(super) async fn submit(
        self,
        client: &Client,
        key: Option<IdempotencyKey>,
        watch: bool,
        stdout: &mut Output,
    ) -> Result<Exit, CommandError> {
        let key = key.unwrap_or_else(IdempotencyKey::random);
        let mut report = Report {
            lines: &self.lines,
            tally: Tally::new("Submitting", self.lines.len()),
            seen: 0,
            accepted: Vec::new(),
            replayed: 0,
            refused: 0,
            written: Ok(()),
        };
        let submitted = client.submit_all(&self.submissions, &key, |progress| match progress {
            BatchProgress::Trouble(trouble) => report.tally.line(&line_about(trouble)),
            BatchProgress::Items(items) => report.take(items, stdout),
        });
        let submitted = submitted.await;
        let Report {
            accepted, refused, ..
        } = report.end()?;
        if let Err(error) = submitted {
            let exit = CommandError::from(error).report();
            if exit == Exit::Unreachable {
                eprintln!(
                    "  Submit the same lines again with --key {key}: that creates the missing jobs and no second one of the others."
                );
            }
            return Ok(exit);
        }
        let watched = if watch {
            watch_all(client, &accepted).await?
        } else {
            Exit::Success
        };
        let is_refused = refused > 0 && watched != Exit::Unreachable;
        Ok(if is_refused { Exit::Usage } else { watched })
    }
}

/// What is told about the jobs while they are submitted.
struct Report<'a> {
    lines: &'a [usize],
    tally: Tally,
    seen: usize,
    accepted: Vec<Url>,
    replayed: usize,
    refused: usize,
    /// Whether all status URIs could be written.
    written: std::io::Result<()>,
}

impl Report<'_> {
    fn take(&mut self, items: &[BatchItem], stdout: &mut Output) {
        let lines = &self.lines[self.seen..];
        for (item, line) in items.iter().zip(lines) {
            match item {
                Ok(accepted) => {
                    let uri = &accepted.status_uri;
                    let written = self.tally.suspend(|| writeln!(stdout, "{uri}"));
                    self.written = std::mem::replace(&mut self.written, Ok(())).and(written);
                    self.replayed += usize::from(accepted.replayed);
                    self.accepted.push(uri.clone());
                }
                Err(problem) => {
                    self.tally.line(&format!("line {line}: {problem}"));
                    self.refused += usize::from(!problem.is_transient());
                }
            }
        }
        self.seen += items.len();
        self.tally.done(items.len());
        let flushed = stdout.flush();
        self.written = std::mem::replace(&mut self.written, Ok(())).and(flushed);
    }

    fn end(self) -> Result<Self, CommandError> {
        let parts = [
            (self.accepted.len() - self.replayed, "accepted"),
            (self.replayed, "existed already"),
            (self.refused, "refused"),
            (
                self.lines.len() - self.accepted.len() - self.refused,
                "not accepted yet",
            ),
        ];
        self.tally.end(&counted(self.lines.len(), &parts));
        match self.written {
            Ok(()) => Ok(self),
            Err(error) => Err(error.into()),
        }
    }
}
