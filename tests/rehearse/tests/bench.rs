//! `bench`, run small: what it counts. What it measures is no test's business.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

fn bench(flags: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rehearse"));
    command.arg("bench").args(flags);
    command
}

#[test]
fn a_bench_accounts_for_every_job_before_and_behind_finished_ones() {
    let flags = "--jobs 50 --clients 4 --rate 100 --finished 300 --json";
    let flags: Vec<_> = flags.split(' ').collect();

    let output = bench(&flags).output().unwrap();

    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    let rounds = report["rounds"].as_array().unwrap();
    let finished: Vec<_> = rounds.iter().map(|round| &round["finished"]).collect();
    assert_eq!(finished, [0, 300]);
    for (round, load) in rounds
        .iter()
        .flat_map(|round| [(round, "saturation"), (round, "half-load")])
    {
        let counts = ["submitted", "succeeded", "failed", "lost", "refused"]
            .map(|count| &round[load][count]);
        assert_eq!(counts, [50, 50, 0, 0, 0], "{load}: {report:#}");
    }
    assert_eq!(rounds[1]["half-load"]["rate"], 100);
    for load in ["saturation", "half-load"] {
        let differences = report["difference-percent"][load].as_array().unwrap();
        assert_eq!(differences[0]["figure"], "jobs a second");
        assert!(differences[0]["percent"].is_number(), "{report:#}");
    }
    // No terminal, no bar: a line for each load, and one for the finished jobs.
    let lines = [
        "warming up: ",
        "4 clients: 50 jobs in ",
        "100 jobs a second: 50 jobs in ",
        "300 finished jobs in ",
    ];
    for line in lines {
        assert!(
            said.lines().any(|said| said.starts_with(line)),
            "no {line:?} in {said}"
        );
    }
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

    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status();
    assert!(sent.unwrap().success());
    let status = child.wait().unwrap();

    assert_eq!(status.code(), Some(1));
    let left: Vec<_> = functions
        .iter()
        .filter(|pid| is_function(**pid, ""))
        .collect();
    assert!(left.is_empty(), "{left:?}");
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
