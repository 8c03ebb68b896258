//! No function outlives the service.

use std::env;
use std::process::Stdio;

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::time::timeout;

use crate::app::{PATIENCE, function};

#[tokio::test]
async fn a_function_process_dies_when_its_parent_is_killed() {
    let witness = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut parent = Command::new(env::current_exe().unwrap())
        .args(function("parent").args)
        .env("ROLE", "parent")
        .env("WITNESS", witness.local_addr().unwrap().to_string())
        .stdout(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let (mut function_process, _) = timeout(PATIENCE, witness.accept()).await.unwrap().unwrap();
    assert_eq!(function_process.read_u8().await.unwrap(), b'!');

    parent.kill().await.unwrap();

    let end = timeout(PATIENCE, function_process.read(&mut [0]))
        .await
        .expect("the function process's end");
    assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
}
