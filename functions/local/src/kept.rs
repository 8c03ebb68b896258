//! Queues and schedules in the data folder.

use std::path::Path;
use std::time::Duration;
use std::{fs, io};

use serde::de::DeserializeOwned;
use sqs::Queues;

use crate::schedules::Schedules;
use crate::start_error::StartError;

pub(crate) const QUEUES_FILE: &str = "queue.json";

pub(crate) const SCHEDULES_FILE: &str = "schedules.json";

/// How often the files are written.
pub(crate) const SAVE_EVERY: Duration = Duration::from_secs(1);

/// The contents of a file. `None` if there is no such file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>, StartError> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(StartError::data(path, error)),
    };
    let contents = serde_json::from_slice(&text);
    contents.map_err(|error| StartError::data(path, error))
}

/// Writes both to the folder. The snapshot of the schedules is taken first and written last: a schedule that is missing there has its message in the queue, even after
/// a crash in between.
pub(crate) fn save(queues: &Queues, schedules: &Schedules, folder: &Path) -> io::Result<()> {
    let schedules = schedules.snapshot()?;
    write(
        &folder.join(QUEUES_FILE),
        &serde_json::to_vec(&queues.to_snapshot())?,
    )?;
    write(&folder.join(SCHEDULES_FILE), &schedules)
}

/// Writes a file beside the old one first, so that a crash leaves one or the other whole.
pub(crate) fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let beside = path.with_added_extension("new");
    fs::write(&beside, text)?;
    fs::rename(beside, path)
}
