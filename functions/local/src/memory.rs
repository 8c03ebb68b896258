//! Memory limits of functions: a process that exceeds its limit is killed, as in Lambda.

use std::fs;
use std::time::Duration;

use crate::function::FunctionSpec;

/// Interval between two readings of a process's memory, each of which takes a few microseconds. A shorter peak is not noticed.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Completes when the process exceeds its function's memory, with Lambda's name for that error, after writing a line like that of
/// Lambda's report to the log. Without `/proc` (not Linux), it never completes, so memory is not limited.
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

/// Waits until the process has more than `limit_mb`. Returns how much it has then.
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

/// Resident memory of a process in MiB, rounded down. `None` if the system does not report it, or the process is gone.
fn resident_mb(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let resident = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kibibytes: u64 = resident.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes / 1_024)
}
