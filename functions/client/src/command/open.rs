//! `open`: the pages of a service, in a browser.

use std::ffi::OsStr;
use std::io::{self, ErrorKind, Write as _};
#[cfg(unix)]
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};

use tempfile::{NamedTempFile, TempDir};

use super::{CommandError, ConnectionArgs, Exit, Output};
use crate::relay::Listening;

/// The arguments of `open`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, value_name = "N", default_value_t = 0)]
    port: u16,
    /// Only print the address
    #[arg(long)]
    no_browser: bool,
    #[command(flatten)]
    connection: ConnectionArgs,
}

/// Serves the pages until Ctrl-C. stdout gets their address.
pub(super) async fn run(args: Args, stdout: &mut Output) -> Result<Exit, CommandError> {
    let port = args.port;
    let client = args.connection.client()?;
    let base = client.base_of_links().await?;
    let on_error = |error| {
        let _ = CommandError::from(error).report();
    };
    let pages = Listening::on(port, client, &base, on_error);
    let pages = pages
        .await
        .map_err(|source| CommandError::Port { port, source })?;
    writeln!(stdout, "{}", pages.url())?;
    stdout.flush()?;
    eprintln!(
        "These are the pages of {base} until Ctrl-C. Whoever has this address acts with your credentials."
    );
    let page = if args.no_browser {
        None
    } else {
        let (folder, page) = page_to(&pages.url())?;
        browse(page.path().as_os_str());
        Some((page, folder))
    };
    tokio::select! {
        never = pages.serve() => match never {},
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    drop(page);
    Ok(Exit::Success)
}

/// A page that leads to the address, in a new file that only this user can read: other users of the machine can read command lines.
fn page_to(url: &str) -> io::Result<(TempDir, NamedTempFile)> {
    let mut folder = tempfile::Builder::new();
    #[cfg(unix)]
    folder.permissions(PermissionsExt::from_mode(0o700));
    let folder = folder.tempdir()?;
    let mut page = tempfile::Builder::new()
        .suffix(".html")
        .tempfile_in(folder.path())?;
    writeln!(
        page,
        "<!doctype html><meta charset=\"utf-8\"><meta name=\"referrer\" content=\"no-referrer\">\
         <meta http-equiv=\"refresh\" content=\"0;url={url}\"><title>accepted</title><a href=\"{url}\">The pages of the service</a>"
    )?;
    Ok((folder, page))
}

/// Opens a file in the user's browser. If that fails, the address is on stdout.
fn browse(file: &OsStr) {
    let (program, arguments): (_, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(file);
    command.stdin(Stdio::null()).stdout(Stdio::null());
    match command.stderr(Stdio::null()).spawn() {
        // Waits for it, so that it does not stay a zombie.
        Ok(mut opener) => drop(std::thread::spawn(move || opener.wait())),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("There is no {program} here: open the address yourself.");
        }
        Err(error) => eprintln!("{program} cannot be started: {error}"),
    }
}
