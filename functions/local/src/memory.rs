//! What a function's memory size means: a process that takes more is killed, as Lambda does it.

use std::fs;
use std::time::Duration;

use crate::function::FunctionSpec;

/// How often a process is looked at: a few microseconds each time. What is freed again sooner is not seen.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Ends once the process has taken more memory than its function has, with what Lambda calls that. The log says so by then,
/// in the words of Lambda's report. Where there is no `/proc` to look at (not Linux) it never ends: nothing is limited there.
pub(crate) fn out_of_memory(
    pid: u32,
    function: &FunctionSpec,
) -> impl Future<Output = &'static str> + Send + 'static {
    const ERROR_TYPE: &str = "Runtime.OutOfMemory";
    let (name, logs, size_mb) = (
        function.name.clone(),
        function.logs.clone(),
        function.memory_mb,
    );
    async move {
        let used_mb = above(pid, u64::from(size_mb)).await;
        let line = format!(
            "Error: Runtime exited with error: signal: killed; Memory Size: {size_mb} MB, \
             Memory Used: {used_mb} MB, Error Type: {ERROR_TYPE}"
        );
        logs.take(&name, &line);
        ERROR_TYPE
    }
}

/// Waits until the process has more than `limit_mb`: how much it has then.
async fn above(pid: u32, limit_mb: u64) -> u64 {
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        match resident_mb(pid) {
            Some(used_mb) if used_mb > limit_mb => return used_mb,
            Some(_) => {}
            None => std::future::pending().await,
        }
    }
}

/// What a process has in memory, in MiB, rounded down; `None` where nobody says, or when the process is gone.
fn resident_mb(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = resident.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes / 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[test]
    fn a_process_has_some_memory_and_one_that_is_not_there_has_none() {
        assert!(resident_mb(std::process::id()).is_some_and(|used_mb| used_mb > 0));
        assert_eq!(resident_mb(u32::MAX), None);
    }
}
