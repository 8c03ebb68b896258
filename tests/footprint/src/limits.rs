//! What the counts must be. These repeat, so a change that makes a function larger or slower is seen where it is made.

use crate::builds::Role;
use crate::counts::Counts;

/// An executable has at most this many times the bare one's bytes.
const SIZE: f64 = 1.0;

/// A cold start takes at most this many times the bare one's instructions.
const COLD_START: f64 = 1.0;

/// A cold start and the first answer, with its calls over TLS, take at most this many thousand instructions. Runs differ, since
/// keys are random (16 to 22 million were counted), so this limit does not detect small changes, and there is no limit for the ratio to a
/// bare function. It is for what takes tens of milliseconds, such as CPU jitter entropy (`.cargo/config.toml`).
const FIRST_OVER_TLS_THOUSANDS: f64 = 35_000.0;

/// A request to `submit` or `status` takes at most this many times the bare one's instructions, the calls left out of both.
const REQUEST: f64 = 1.25;

/// `submit` and `status` may use this much memory, in KiB: 16 MB.
const PEAK_KIB: u64 = 16_000_000 / 1024;

/// A job with the largest input may use this much more than the idle worker, in KiB: 12 MB.
const LARGEST_JOB_KIB: u64 = 12_000_000 / 1024;

/// How far a count may be above what was recorded here. Another machine's libc or processor takes other paths.
const SLACK: f64 = 1.1;

/// Instructions as they were counted last, in thousands: of a cold start, and of a request with its calls. To be set anew, with
/// a reason, when an update of the SDK or of the runtime changes them.
fn recorded(role: Role) -> (f64, f64) {
    match role {
        Role::Submit => (19_227.0, 1_325.0),
        Role::Status => (19_194.0, 789.0),
        Role::Worker => (19_235.0, 1_831.0),
    }
}

/// A count next to what it may be.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Of which function, and what.
    pub what: String,
    /// What was counted.
    pub counted: f64,
    /// What it may be at most.
    pub at_most: f64,
}

impl Finding {
    fn new(role: Role, what: &str, counted: f64, at_most: f64) -> Self {
        let what = format!("{}: {what}", role.name());
        Self {
            what,
            counted,
            at_most,
        }
    }

    /// Whether it is what it may be.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.counted <= self.at_most
    }
}

/// The kinds of this tree. A team's own kinds bring crates of their own, so the limits of the worker hold only for the two that come with
/// the project.
const KINDS: &str = include_str!("../../../functions/jobs/src/lib.rs");

/// Each count that has a limit.
#[must_use]
pub fn judge(counts: &[Counts]) -> Vec<Finding> {
    let has_more_kinds = KINDS.matches("kinds.add::<").count() > 2;
    let judged = counts
        .iter()
        .filter(|counts| counts.role != Role::Worker || !has_more_kinds);
    judged.flat_map(of_function).collect()
}

fn of_function(counts: &Counts) -> Vec<Finding> {
    let finding = |what, counted, at_most| Finding::new(counts.role, what, counted, at_most);
    let (cold_start, request) = recorded(counts.role);
    let mut findings = vec![
        finding("bytes of the executable / bare", counts.size.ratio(), SIZE),
        finding(
            "instructions of a cold start / bare",
            counts.cold_start.ratio(),
            COLD_START,
        ),
        finding(
            "instructions of a cold start (thousands)",
            thousands(counts.cold_start.ours),
            cold_start * SLACK,
        ),
        finding(
            "instructions until the first answer over TLS (thousands)",
            thousands(counts.first_over_tls.ours),
            FIRST_OVER_TLS_THOUSANDS,
        ),
        finding(
            "instructions of a request (thousands)",
            thousands(counts.request.ours),
            request * SLACK,
        ),
    ];
    if let Some(kib) = counts.largest_job_kib {
        findings.push(finding(
            "KiB for the largest job",
            exact(kib),
            exact(LARGEST_JOB_KIB),
        ));
    } else {
        findings.push(finding(
            "instructions of a request without calls / bare",
            counts.own_ratio(),
            REQUEST,
        ));
        findings.push(finding(
            "peak KiB",
            exact(counts.peak_kib.ours),
            exact(PEAK_KIB),
        ));
    }
    findings
}

fn thousands(count: u64) -> f64 {
    exact(count) / 1000.0
}

/// No count here is near 2^53.
#[expect(clippy::cast_precision_loss, reason = "no count here is near 2^53")]
pub(crate) fn exact(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counts::Pair;

    fn counts(role: Role) -> Counts {
        let pair = |ours, bare| Pair { ours, bare };
        Counts {
            role,
            size: pair(100, 100),
            cold_start: pair(1, 1),
            first_over_tls: pair(1, 1),
            request: pair(1_000, 900),
            bare_without_calls: 400,
            peak_kib: pair(9_000, 8_000),
            largest_job_kib: (role == Role::Worker).then_some(9_000),
        }
    }

    fn broken(counts: &Counts) -> Vec<String> {
        let findings = of_function(counts);
        let broken = findings.into_iter().filter(|finding| !finding.is_kept());
        broken.map(|finding| finding.what).collect()
    }

    #[test]
    fn the_calls_are_left_out_of_both_sides() {
        // 500 of 1,000 are ours, and 400 of 900 are the bare one's.
        assert!((counts(Role::Submit).own_ratio() - 1.25).abs() < 1e-9);
    }

    #[test]
    fn what_is_within_its_limits_is_kept() {
        assert_eq!(broken(&counts(Role::Submit)), [""; 0]);
        assert_eq!(broken(&counts(Role::Worker)), [""; 0]);
    }

    #[test]
    fn each_limit_is_found_to_be_broken() {
        type Breakage = fn(&mut Counts);
        let breakages: [(Role, Breakage, &str); 8] = [
            (
                Role::Submit,
                |counts| counts.size.ours = 101,
                "bytes of the executable / bare",
            ),
            (
                Role::Submit,
                |counts| counts.cold_start.ours = 2,
                "instructions of a cold start / bare",
            ),
            (
                Role::Status,
                |counts| {
                    counts.cold_start = Pair {
                        ours: 99_000_000,
                        bare: 99_000_000,
                    }
                },
                "instructions of a cold start (thousands)",
            ),
            (
                Role::Submit,
                |counts| {
                    counts.first_over_tls = Pair {
                        ours: 99_000_000,
                        bare: 99_000_000,
                    }
                },
                "instructions until the first answer over TLS (thousands)",
            ),
            (
                Role::Status,
                |counts| {
                    counts.request = Pair {
                        ours: 9_000_000,
                        bare: 9_000_000,
                    }
                },
                "instructions of a request (thousands)",
            ),
            (
                Role::Status,
                |counts| counts.request.ours = 1_001,
                "instructions of a request without calls / bare",
            ),
            (
                Role::Status,
                |counts| counts.peak_kib.ours = 15_626,
                "peak KiB",
            ),
            (
                Role::Worker,
                |counts| counts.largest_job_kib = Some(11_719),
                "KiB for the largest job",
            ),
        ];
        for (role, breakage, expected) in breakages {
            let mut counts = counts(role);
            breakage(&mut counts);
            assert_eq!(broken(&counts), [format!("{}: {expected}", role.name())]);
        }
    }
}
