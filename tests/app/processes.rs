//! Processes, as `/proc` shows them.

use std::fs;
use std::process::Command;

/// A process that runs; one that is dead and not yet reaped does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    parent: u32,
    arguments: Vec<String>,
}

impl Process {
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name is in parentheses and may hold anything; behind it come state and parent.
        let (_, behind_name) = stat.rsplit_once(')')?;
        let mut fields = behind_name.split_whitespace();
        let is_dead = matches!(fields.next()?, "Z" | "X");
        let parent = fields.next()?.parse().ok()?;
        let command_line = fs::read_to_string(format!("/proc/{pid}/cmdline")).ok()?;
        let arguments = command_line.split_terminator('\0');
        (!is_dead).then(|| Self {
            pid,
            parent,
            arguments: arguments.map(str::to_owned).collect(),
        })
    }

    /// The children of a process.
    pub(crate) fn children_of(parent: u32) -> Vec<Self> {
        let entries = fs::read_dir("/proc").unwrap();
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        pids.filter_map(Self::of)
            .filter(|process| process.parent == parent)
            .collect()
    }

    /// Whether it is this function of the service.
    pub(crate) fn is_function(&self, name: &str) -> bool {
        self.arguments
            .ends_with(&["function".to_owned(), name.to_owned()])
    }

    /// Whether it runs on. Another process may have got its id since; it has another command line then.
    pub(crate) fn is_alive(&self) -> bool {
        Self::of(self.pid).is_some_and(|now| now.arguments == self.arguments)
    }
}

/// Sends a signal such as `TERM`.
pub(crate) fn signal(name: &str, pid: u32) {
    let sent = Command::new("sh")
        .args(["-c", &format!("kill -{name} {pid}")])
        .status();
    assert!(sent.unwrap().success(), "kill -{name} {pid}");
}
