//! What a cost is computed for: the deployment, its jobs, and how long its functions take.

use clap::{Args, ValueEnum};
use serde::Serialize;

use super::prices::Item;

/// CPU of `submit` for one job, in milliseconds of one core: the median of three runs of `cargo run --release -- cost --measure` with
/// 2,000 jobs (0.61, 0.65, 0.61) on a busy `x86_64` machine of two cores. Lambda's cores, arm64 too, are taken to be as fast.
pub(super) const SUBMIT_CPU_MS: f64 = 0.6;

/// The same of `status` for one poll (0.29, 0.28, 0.28).
pub(super) const STATUS_CPU_MS: f64 = 0.3;

/// The same of `worker` for one job that has nothing to do, in a batch by itself (1.05, 0.92, 0.89).
pub(super) const WORKER_CPU_MS: f64 = 0.9;

/// At so much memory a function has one core, and below its share of one.
/// <https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html>
const ONE_CORE_MB: f64 = 1_769.0;

/// Between a job's acceptance and its start where workers are free, in milliseconds. Assumed; `QueueDelay` measures it.
const QUEUE_MS: f64 = 50.0;

/// What the functions run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ValueEnum)]
pub(super) enum Architecture {
    #[value(name = "arm64")]
    #[serde(rename = "arm64")]
    Arm64,
    #[value(name = "x86_64")]
    #[serde(rename = "x86_64")]
    X86,
}

impl Architecture {
    pub(super) fn gb_second(self) -> Item {
        match self {
            Self::Arm64 => Item::GbSecondArm64,
            Self::X86 => Item::GbSecondX86,
        }
    }
}

/// What a cost is computed for.
#[derive(Args, Clone, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) struct Assumptions {
    /// What the functions run on
    #[arg(long, value_enum, default_value_t = Architecture::Arm64)]
    pub(super) architecture: Architecture,
    /// Memory of submit and status (`ApiMemoryMb`)
    #[arg(long, value_name = "MB", default_value_t = 512, value_parser = clap::value_parser!(u32).range(128..=10_240))]
    pub(super) api_memory: u32,
    /// Memory of the worker (`WorkerMemoryMb`)
    #[arg(long, value_name = "MB", default_value_t = 1_024, value_parser = clap::value_parser!(u32).range(128..=10_240))]
    pub(super) worker_memory: u32,
    /// How long a job's handler takes
    #[arg(long, value_name = "MS", default_value_t = 1_000)]
    pub(super) job_ms: u32,
    /// Jobs that a batch really has: one where jobs are rare, up to `BatchSize` where they queue
    #[arg(long, value_name = "JOBS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=10))]
    pub(super) jobs_per_batch: u32,
    /// How often a job's progress is written: at most once a second
    #[arg(long, value_name = "WRITES", default_value_t = 0)]
    pub(super) progress_writes: u32,
    /// How large a job's input is
    #[arg(long, value_name = "BYTES", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub(super) input_bytes: u32,
    /// How large a job's result is
    #[arg(long, value_name = "BYTES", default_value_t = 100, value_parser = clap::value_parser!(u32).range(..=380_000))]
    pub(super) result_bytes: u32,
    /// How long a call to DynamoDB or SQS takes (assumed: nothing here can measure AWS)
    #[arg(long, value_name = "MS", default_value_t = 6.0)]
    pub(super) call_ms: f64,
    /// How long a cold start takes (assumed)
    #[arg(long, value_name = "MS", default_value_t = 20.0)]
    pub(super) init_ms: f64,
    /// Which share of invocations are cold starts (assumed)
    #[arg(long, value_name = "SHARE", default_value_t = 0.01)]
    pub(super) cold_share: f64,
    /// Billed duration of a submit [default: its CPU at its memory, and its calls]
    #[arg(long, value_name = "MS")]
    pub(super) submit_ms: Option<f64>,
    /// Billed duration of a poll [default: the same way]
    #[arg(long, value_name = "MS")]
    pub(super) status_ms: Option<f64>,
    /// Billed duration of a batch, without the handlers' time [default: the same way]
    #[arg(long, value_name = "MS")]
    pub(super) worker_ms: Option<f64>,
    /// CPU of a submit, a poll and a job, in milliseconds of one core
    #[arg(long, value_name = "MS", value_delimiter = ',', num_args = 3, default_values_t = [SUBMIT_CPU_MS, STATUS_CPU_MS, WORKER_CPU_MS])]
    pub(super) cpu_ms: Vec<f64>,
    /// How long the job takes that an answer is held for, when it is another one.
    #[arg(skip)]
    #[serde(skip)]
    pub(super) held_job_ms: Option<u32>,
}

impl Assumptions {
    /// Billed duration of a submit.
    pub(super) fn submit_ms(&self) -> f64 {
        self.submit_ms
            .unwrap_or_else(|| self.billed(self.cpu(0), self.api_memory, 2.0))
    }

    /// Billed duration of a poll.
    pub(super) fn status_ms(&self) -> f64 {
        self.status_ms
            .unwrap_or_else(|| self.billed(self.cpu(1), self.api_memory, 1.0))
    }

    /// Billed duration of a batch: its jobs run side by side, so they share the waiting.
    pub(super) fn batch_ms(&self) -> f64 {
        let own = self.worker_ms.unwrap_or_else(|| {
            let cpu = self.cpu(2) * f64::from(self.jobs_per_batch);
            self.billed(cpu, self.worker_memory, 2.0)
        });
        own + f64::from(self.job_ms)
    }

    /// When a job is at its end, counted from its acceptance.
    pub(super) fn end_ms(&self) -> f64 {
        let longer = self
            .held_job_ms
            .map(|ms| f64::from(ms) - f64::from(self.job_ms));
        QUEUE_MS + self.batch_ms() + longer.unwrap_or_default()
    }

    /// For an answer that is held for a job of so long, while the job itself is billed as before.
    pub(super) fn holding(mut self, job_ms: u32) -> Self {
        self.held_job_ms = Some(job_ms);
        self
    }

    fn cpu(&self, index: usize) -> f64 {
        self.cpu_ms.get(index).copied().unwrap_or_default()
    }

    /// Lambda rounds up to a millisecond.
    fn billed(&self, cpu_ms: f64, memory_mb: u32, calls: f64) -> f64 {
        let cores = (f64::from(memory_mb) / ONE_CORE_MB).min(1.0);
        (cpu_ms / cores + calls * self.call_ms + self.cold_share * self.init_ms).ceil()
    }
}

/// GB-seconds of so many milliseconds.
pub(super) fn gb_seconds(ms: f64, memory_mb: u32) -> f64 {
    ms / 1_000.0 * f64::from(memory_mb) / 1_024.0
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// With durations that a hand can reckon with.
    pub(in super::super) fn by_hand() -> Assumptions {
        Assumptions {
            architecture: Architecture::Arm64,
            api_memory: 512,
            worker_memory: 1_024,
            job_ms: 1_000,
            jobs_per_batch: 1,
            progress_writes: 0,
            input_bytes: 1_000,
            result_bytes: 100,
            call_ms: 6.0,
            init_ms: 0.0,
            cold_share: 0.0,
            submit_ms: Some(20.0),
            status_ms: Some(10.0),
            worker_ms: Some(50.0),
            cpu_ms: vec![2.0, 0.5, 2.0],
            held_job_ms: None,
        }
    }

    #[test]
    fn a_duration_is_the_cpu_at_its_share_of_a_core_and_the_calls() {
        let computed = Assumptions {
            submit_ms: None,
            status_ms: None,
            worker_ms: None,
            api_memory: 1_769,
            worker_memory: 884,
            ..by_hand()
        };
        // 2 + 2 × 6; 0.5 + 6, rounded up; 2 ÷ 0.4997 + 12, rounded up, and the job.
        assert!((computed.submit_ms() - 14.0).abs() < 1e-9);
        assert!((computed.status_ms() - 7.0).abs() < 1e-9);
        assert!((computed.batch_ms() - 1_017.0).abs() < 1e-9);
        let no_faster = Assumptions {
            api_memory: 10_240,
            ..computed
        };
        assert!((no_faster.submit_ms() - 14.0).abs() < 1e-9);
    }

    #[test]
    fn a_cold_start_is_billed_for_its_share() {
        let cold = Assumptions {
            submit_ms: None,
            api_memory: 1_769,
            init_ms: 300.0,
            cold_share: 0.01,
            ..by_hand()
        };
        assert!((cold.submit_ms() - 17.0).abs() < 1e-9);
    }

    #[test]
    fn gb_seconds_are_memory_and_time() {
        assert!((gb_seconds(500.0, 512) - 0.25).abs() < 1e-12);
    }
}
