//! A clock that a service follows in place of the machine's.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use engine::Timestamp;
use tempfile::TempDir;

/// Ahead of the machine's clock by as much as the test says, for the service and all its functions. By libfaketime
/// (<https://github.com/wolfcw/libfaketime>), which reads a file at each look at the clock; timers are not affected. It can also let the
/// clock run faster, but counts that from the start of each process, so the clocks of two processes would differ.
pub(crate) struct Clock {
    folder: TempDir,
    ahead: Duration,
}

impl Clock {
    /// A clock that shows the time.
    pub(crate) fn new() -> Self {
        let clock = Self {
            folder: TempDir::new().unwrap(),
            ahead: Duration::ZERO,
        };
        clock.write();
        clock
    }

    pub(crate) fn advance(&mut self, by: Duration) {
        self.ahead += by;
        self.write();
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_clock(SystemTime::now()).plus(self.ahead)
    }

    /// What a process is started with that follows this clock.
    pub(crate) fn variables(&self) -> [(&'static str, PathBuf); 4] {
        [
            ("LD_PRELOAD", library()),
            ("FAKETIME_TIMESTAMP_FILE", self.file()),
            ("FAKETIME_NO_CACHE", "1".into()),
            ("DONT_FAKE_MONOTONIC", "1".into()),
        ]
    }

    /// Whole, whenever a process reads it.
    fn write(&self) {
        let beside = self.folder.path().join("new");
        fs::write(&beside, format!("+{}\n", self.ahead.as_secs())).unwrap();
        fs::rename(beside, self.file()).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("offset")
    }
}

/// Where Debian and its descendants install it, on any architecture.
fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap();
    let libraries = folders.map(|folder| {
        let folder = folder.unwrap().path();
        folder.join("faketime/libfaketimeMT.so.1")
    });
    let found = libraries.into_iter().find(|library| library.exists());
    found.expect("libfaketime is missing: apt-get install libfaketime")
}
