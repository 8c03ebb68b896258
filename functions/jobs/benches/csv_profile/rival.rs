//! The same text through another program that profiles CSV: `xsv stats` or `qsv stats`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use crate::texts::Text;
use crate::{Worker, input};

/// Bytes of a text that is compared: its file is repeated until the start of a process no longer counts.
const BYTES: usize = 64_000_000;

/// Runs of each: in turn, so that what else the machine does hits both.
const RUNS: usize = 5;

/// Compares with the program that `STATS_TOOL` names, on all texts.
pub(crate) fn compare(worker: &Worker, texts: &[Text]) {
    let Some(tool) = std::env::var_os("STATS_TOOL").map(PathBuf::from) else {
        return println!("NOT COMPARED with xsv or qsv: STATS_TOOL names none");
    };
    let Some(version) = version(&tool) else {
        return println!("NOT COMPARED: {} does not run", tool.display());
    };
    let version = version.lines().next().unwrap_or_default();
    println!(
        "Compared with {version}: {:?}",
        command(&tool, Path::new("FILE"))
    );
    for text in texts {
        compare_on(worker, &tool, text);
    }
}

fn version(tool: &Path) -> Option<String> {
    let output = Command::new(tool).arg("--version").output().ok()?;
    String::from_utf8(output.stdout).ok()
}

/// All that the tool can find out, on one thread: less would leave out the distinct values.
fn command(tool: &Path, file: &Path) -> Command {
    let mut command = Command::new(tool);
    command.args(["stats", "--everything", "--jobs", "1"]);
    if !tool.ends_with("xsv") {
        // What qsv found out before would not be found out again.
        command.args(["--force", "--cache-threshold", "0"]);
    }
    command.arg(file).stdout(Stdio::null());
    command
}

fn compare_on(worker: &Worker, tool: &Path, text: &Text) {
    let csv = repeated(&text.csv);
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compared.csv");
    std::fs::write(&file, &csv).expect("the build has written there, too");
    let input = input(&csv);
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..RUNS {
        ours.push(seconds(|| drop(worker.run(&input))));
        theirs.push(seconds(|| run(command(tool, &file))));
    }
    #[expect(clippy::cast_precision_loss, reason = "there are few")]
    let megabytes = csv.len() as f64 / 1e6;
    let (ours, theirs) = (megabytes / median(ours), megabytes / median(theirs));
    let (name, times) = (&text.name, ours / theirs);
    println!(
        "{name:16} {megabytes:4.0} MB: {ours:6.1} MB/s, theirs {theirs:6.1} MB/s, ratio {times:.1}"
    );
    std::fs::remove_file(&file).expect("it was just read");
}

/// The header once, the rows again and again.
fn repeated(csv: &str) -> String {
    let (header, rows) = csv.split_once('\n').unwrap_or_default();
    format!(
        "{header}\n{}",
        rows.repeat(BYTES.div_ceil(rows.len().max(1)))
    )
}

fn run(mut command: Command) {
    let status = command.status();
    assert!(
        status.is_ok_and(|status| status.success()),
        "{command:?} failed"
    );
}

fn seconds(work: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    work();
    begun.elapsed().as_secs_f64()
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
