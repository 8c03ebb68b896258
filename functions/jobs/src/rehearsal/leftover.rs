//! An attempt that leaves a thread running, and a later one that can tell whether that thread still runs.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use engine::{Context, JobError};

/// Time for which the first attempt waits for its thread.
const PATIENCE: Duration = Duration::from_millis(100);

/// Works for `seconds` on a thread that the first attempt stops waiting for, which is a common mistake. An attempt that finds the
/// thread of an earlier one still running ends with a permanent error.
pub(super) async fn run(context: &Context, seconds: f64) -> Result<(), JobError> {
    let path = std::env::temp_dir().join(format!("rehearsal-{}.lock", context.id()));
    let Some(presence) = enter(&path)? else {
        return Err(JobError::permanent(
            "two-at-once",
            "code of an earlier attempt is still running",
        ));
    };
    if context.attempt() > 1 {
        return Ok(std::fs::remove_file(path)?);
    }
    let slow = tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_secs_f64(seconds));
        drop(presence);
    });
    Ok(tokio::time::timeout(PATIENCE, slow).await??)
}

/// Locks this file until the value is dropped. The system releases the lock when the process dies, so it shows whether the code still
/// runs in any process of this machine. `None` if the lock is held elsewhere.
fn enter(path: &Path) -> std::io::Result<Option<File>> {
    let file = File::create(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_presence_is_noticed_as_long_as_the_first_one_lasts() {
        let path = std::env::temp_dir().join(format!("presence-{}.lock", std::process::id()));
        let first = enter(&path).unwrap();
        let beside = enter(&path).unwrap();
        assert!(first.is_some() && beside.is_none());
        drop(first);
        assert!(enter(&path).unwrap().is_some());
        std::fs::remove_file(path).unwrap();
    }
}
