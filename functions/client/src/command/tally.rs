//! The progress of many jobs at once.

use indicatif::{HumanCount, ProgressBar};

use super::progress::bar_style;

/// One bar for all jobs, on stderr if that is a terminal.
pub(super) struct Tally(ProgressBar);

impl Tally {
    /// A bar for this many jobs. `doing` names what the command does with them.
    pub(super) fn new(doing: &'static str, jobs: usize) -> Self {
        let bar = ProgressBar::new(jobs as u64).with_prefix(doing);
        bar.set_style(bar_style(
            "{prefix:10.cyan.bold} {bar:24.cyan/dim} {human_pos} of {human_len} jobs  {wide_msg}",
        ));
        bar.tick();
        Self(bar)
    }

    /// This many more jobs are done.
    pub(super) fn done(&self, jobs: usize) {
        self.0.inc(jobs as u64);
    }

    /// A line on stderr, above the bar.
    pub(super) fn line(&self, line: &str) {
        self.0.suspend(|| eprintln!("{line}"));
    }

    /// Replaces the bar by a sentence.
    pub(super) fn end(&self, sentence: &str) {
        self.0.finish_and_clear();
        eprintln!("{sentence}");
    }

    /// Runs something that writes to the terminal.
    pub(super) fn suspend<T>(&self, write: impl FnOnce() -> T) -> T {
        self.0.suspend(write)
    }
}

/// `1,000 jobs: 990 accepted, 10 refused`. Numbers of 0 are left out.
pub(super) fn counted(jobs: usize, parts: &[(usize, &str)]) -> String {
    let parts = parts.iter().filter(|(count, _)| *count > 0);
    let parts: Vec<_> = parts
        .map(|(count, word)| format!("{} {word}", HumanCount(*count as u64)))
        .collect();
    let noun = if jobs == 1 { "job" } else { "jobs" };
    let colon = if parts.is_empty() { "" } else { ": " };
    format!(
        "{} {noun}{colon}{}.",
        HumanCount(jobs as u64),
        parts.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_happen_is_not_counted() {
        let parts = [(990, "accepted"), (0, "existed"), (1_010, "refused")];

        assert_eq!(
            counted(2_000, &parts),
            "2,000 jobs: 990 accepted, 1,010 refused."
        );
        assert_eq!(counted(1, &[(1, "accepted")]), "1 job: 1 accepted.");
    }
}
