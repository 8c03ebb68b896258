//! No function outlives the service.

use std::env;
use std::process::Stdio;

use tokio::process::Command;

use crate::app::{Gate, function};

/// A busy process, because an idle one would also end when its poll for the next event breaks.
#[tokio::test]
async fn a_busy_function_process_dies_when_its_parent_is_killed() {
    let gate = Gate::new().await;
    let mut parent = Command::new(env::current_exe().unwrap())
        .args(function("parent").args)
        .env("ROLE", "parent")
        .env("GATE", gate.address())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let busy = gate.entered().await;

    parent.kill().await.unwrap();

    busy.died().await;
}
