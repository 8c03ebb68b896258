//! `submit --each`: each line of a file is the input of one job.

use std::ops::ControlFlow;
use std::path::Path;

use serde_json::value::RawValue;

use super::file::name_of;
use super::progress::line_about;
use super::tally::{Tally, counted};
use super::watch_all::watch_all;
use super::{CommandError, Exit, Output, read_text};
use crate::batch::room_at;
use crate::{BatchItem, BatchProgress, Client, ClientError, IdempotencyKey, Submission, Url};

/// The jobs of a file, each with its line, from 1.
pub(super) struct Each(Vec<(usize, Submission)>);

impl Each {
    /// Reads a file of JSON lines; `-` is stdin. Empty lines are skipped. Every other job is like `template`, but for its input.
    pub(super) fn load(path: &Path, template: &Submission) -> Result<Self, CommandError> {
        let (name, text) = (name_of(path), read_text(path)?);
        let mut jobs = Vec::new();
        let lines = text.lines().zip(1..);
        for (text, line) in lines.filter(|(text, _)| !text.trim().is_empty()) {
            let input: Box<RawValue> = serde_json::from_str(text).or_else(|_| {
                // Once more behind the lines before it, so that the error has the position in the file.
                let before = "\n".repeat(line - 1);
                let name = name.clone();
                serde_json::from_str(&(before + text))
                    .map_err(|source| CommandError::NotJson { name, source })
            })?;
            let submission = Submission {
                input,
                ..template.clone()
            };
            let body = serde_json::to_vec(&submission).map_err(ClientError::Input)?;
            if body.len() > room_at(line - 1) {
                let name = name.clone();
                return Err(CommandError::LineTooLarge { name, line });
            }
            jobs.push((line, submission));
        }
        Ok(Self(jobs))
    }

    /// Submits the jobs. stdout gets their status URIs, in the order of the lines.
    pub(super) async fn submit(
        self,
        client: &Client,
        key: Option<IdempotencyKey>,
        watch: bool,
        stdout: &mut Output,
    ) -> Result<Exit, CommandError> {
        let is_new = key.is_none();
        let key = key.unwrap_or_else(IdempotencyKey::random);
        if is_new {
            eprintln!("The key of these lines is {key}.");
        }
        tokio::select! {
            ended = self.submit_under(&key, is_new, client, watch, stdout) => ended,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                how_to_go_on(&key);
                Ok(Exit::Interrupted)
            }
        }
    }

    async fn submit_under(
        &self,
        key: &IdempotencyKey,
        is_new: bool,
        client: &Client,
        watch: bool,
        stdout: &mut Output,
    ) -> Result<Exit, CommandError> {
        let mut report = Report {
            jobs: &self.0,
            is_new,
            tally: Tally::new("Submitting", self.0.len()),
            seen: 0,
            accepted: Vec::new(),
            replayed: 0,
            refused: 0,
            written: Ok(()),
        };
        let jobs = self.0.iter().map(|(line, job)| (line - 1, job));
        let jobs: Vec<_> = jobs.collect();
        let submitted = client.submit_at(&jobs, key, |progress| match progress {
            BatchProgress::Trouble(trouble) => {
                report.tally.line(&line_about(trouble));
                ControlFlow::Continue(())
            }
            BatchProgress::Items(items) => report.take(items, stdout),
        });
        let submitted = submitted.await.map(drop);
        report.end();
        let open = report.open();
        let ended = match (submitted.map_err(CommandError::from), report.written) {
            (Err(error), _) => Some(error.report()),
            (Ok(()), Err(error)) if open == 0 => return Err(error.into()),
            (Ok(()), Err(error)) => Some(match CommandError::from(error).report() {
                Exit::Success => Exit::Interrupted,
                exit => exit,
            }),
            (Ok(()), Ok(())) => (open > 0).then_some(Exit::Unreachable),
        };
        if let Some(exit) = ended {
            how_to_go_on(key);
            return Ok(exit);
        }
        if report.refused > 0 {
            eprintln!(
                "  Mend the lines that were refused, and submit the file again with --key {key}: that creates their jobs, and no \
                 duplicates of the others. A line that was accepted in another form under this key is not submitted again: \
                 restore it."
            );
        }
        let watched = if watch {
            watch_all(client, &report.accepted).await?
        } else {
            Exit::Success
        };
        let is_refused = report.refused > 0 && watched != Exit::Unreachable;
        Ok(if is_refused { Exit::Usage } else { watched })
    }
}

fn how_to_go_on(key: &IdempotencyKey) {
    eprintln!(
        "  Submit the same lines again with --key {key}: that creates the missing jobs, and no duplicates of the others."
    );
}

/// Reports on the jobs while they are submitted.
struct Report<'a> {
    jobs: &'a [(usize, Submission)],
    /// Whether the key was made for this run, so that an earlier job of it can only be from a try whose answer was lost.
    is_new: bool,
    tally: Tally,
    seen: usize,
    accepted: Vec<Url>,
    replayed: usize,
    refused: usize,
    /// Whether all status URIs could be written.
    written: std::io::Result<()>,
}

impl Report<'_> {
    /// Stops if stdout has failed.
    fn take(&mut self, items: &[BatchItem], stdout: &mut Output) -> ControlFlow<()> {
        let jobs = &self.jobs[self.seen..];
        for (item, (line, _)) in items.iter().zip(jobs) {
            match item {
                Ok(accepted) => {
                    let uri = &accepted.status_uri;
                    if self.written.is_ok() {
                        self.written = self.tally.suspend(|| writeln!(stdout, "{uri}"));
                    }
                    self.replayed += usize::from(accepted.replayed && !self.is_new);
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
        if self.written.is_ok() {
            self.written = stdout.flush();
        }
        match self.written {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }

    /// The number of jobs that the service has neither accepted nor refused.
    fn open(&self) -> usize {
        self.jobs.len() - self.accepted.len() - self.refused
    }

    fn end(&self) {
        let parts = [
            (self.accepted.len() - self.replayed, "accepted"),
            (self.replayed, "existed already"),
            (self.refused, "refused"),
            (self.open(), "not accepted yet"),
        ];
        self.tally.end(&counted(self.jobs.len(), &parts));
    }
}
