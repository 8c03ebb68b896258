//! `bench`, run small: what it counts. No test asserts what it measures.

#![expect(
    clippy::unwrap_used,
    reason = "all of this is test code; the lint's own exception sees only test functions"
)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_rehearse");

fn bench(flags: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.arg("bench").args(flags);
    command
}

fn report(flags: &str) -> (Value, String) {
    let flags: Vec<_> = flags.split(' ').collect();
    let output = bench(&flags).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    (serde_json::from_slice(&output.stdout).unwrap(), said)
}

fn assert_all_succeeded(load: &Value, jobs: u32) {
    let counts = ["submitted", "succeeded", "failed", "lost", "refused"].map(|count| &load[count]);
    assert_eq!(counts, [jobs, jobs, 0, 0, 0], "{load:#}");
    for figure in ["submit-ms", "queue-delay-ms", "end-to-end-ms"] {
        let of = |percentile: &str| load[figure][percentile].as_f64().unwrap();
        assert!(0.0 < of("max") && of("p50") <= of("max"), "{load:#}");
    }
}

#[test]
fn a_bench_accounts_for_every_job_before_and_behind_finished_ones() {
    let (report, said) = report("--jobs 50 --clients 4 --finished 300 --json");

    let loads = report["loads"].as_array().unwrap();
    let finished: Vec<_> = loads.iter().map(|load| &load["finished"]).collect();
    assert_eq!(finished, [0, 0, 300, 300]);
    for load in loads {
        assert_all_succeeded(load, 50);
    }
    assert_eq!(loads[0]["load"], "4 clients");
    assert_eq!(loads[1]["load"], loads[3]["load"], "the same rate again");
    assert!(report["peak-memory-mib"]["worker"].as_u64().unwrap() > 0);
    // No terminal, no bar: a line for each load, and one for the finished jobs.
    for line in [
        "16 clients: 50 jobs in ",
        "4 clients: 50 jobs in ",
        "300 finished jobs in ",
    ] {
        let has_line = said.lines().any(|said| said.starts_with(line));
        assert!(has_line, "no {line:?} in {said}");
    }
}

#[test]
fn batches_are_measured_next_to_single_submits() {
    let (report, _) = report("--jobs 40 --clients 2 --batch 20 --json");

    let loads = report["loads"].as_array().unwrap();
    let names: Vec<_> = loads[..2].iter().map(|load| &load["load"]).collect();
    assert_eq!(names, ["2 clients", "2 clients, batches of 20"]);
    for load in loads {
        assert_all_succeeded(load, 40);
        assert!(load["accepted-per-second"].as_f64().unwrap() > 0.0);
    }
}

#[test]
fn a_running_service_with_faults_is_measured_at_a_rate_and_keeps_its_promises() {
    let mut service = Command::new(PROGRAM)
        .args([
            "serve", "--port", "0", "--faults", "0.5", "--seed", "1", "--quiet",
        ])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = BufReader::new(service.stdout.take().unwrap());
    let mut line = String::new();
    stdout.read_line(&mut line).unwrap();
    let url = line
        .split_whitespace()
        .find(|word| word.starts_with("http"));

    let flags = [
        "--jobs",
        "20",
        "--rate",
        "50",
        "--json",
        "--url",
        url.unwrap(),
    ];
    let report = bench(&flags).output().unwrap();
    interrupt(&service);
    stdout.read_to_string(&mut line).unwrap();

    let report: Value = serde_json::from_slice(&report.stdout).unwrap();
    let loads = report["loads"].as_array().unwrap();
    assert_eq!(loads.len(), 1);
    // A submit without a key is not repeated, and a fault may have cost it its answer.
    let accepted = 20 - loads[0]["refused"].as_u64().unwrap();
    assert_eq!(loads[0]["load"], "50 per second");
    assert_eq!(
        (&loads[0]["submitted"], &loads[0]["succeeded"]),
        (&json!(20), &json!(accepted))
    );
    assert!(line.ends_with(" writes, 0 broken promises\n"), "{line}");
    assert!(service.wait().unwrap().success());
}

#[test]
fn ctrl_c_stops_a_bench_and_all_that_it_started() {
    let mut child = bench(&["--seconds", "600", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    let functions = loop {
        let functions = children_of(child.id());
        if functions.iter().any(|pid| is_function(*pid, "worker")) {
            break functions;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "no worker");
        std::thread::sleep(Duration::from_millis(25));
    };

    interrupt(&child);
    let status = child.wait().unwrap();

    assert_eq!(status.code(), Some(1));
    let left: Vec<_> = functions
        .iter()
        .filter(|pid| is_function(**pid, ""))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

fn interrupt(process: &Child) {
    let mut kill = Command::new("kill");
    kill.args(["-INT", &process.id().to_string()]);
    assert!(kill.status().is_ok_and(|status| status.success()));
}

/// The processes that any thread of this process started.
fn children_of(pid: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{pid}/task"));
    let children = threads
        .into_iter()
        .flatten()
        .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok());
    let children: Vec<_> = children.collect();
    let pids = children.iter().flat_map(|pids| pids.split_whitespace());
    pids.filter_map(|pid| pid.parse().ok()).collect()
}

/// Whether it runs as a function whose name begins like this.
fn is_function(pid: u32, name: &str) -> bool {
    let command = fs::read_to_string(format!("/proc/{pid}/cmdline"));
    command.is_ok_and(|command| command.contains(&format!("\0function\0{name}")))
}
