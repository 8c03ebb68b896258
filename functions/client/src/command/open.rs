//! `open`: the pages of a service, in a browser.

use std::io::ErrorKind;
use std::process::{Command, Stdio};

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
    if !args.no_browser {
        browse(&pages.url_for_once());
    }
    tokio::select! {
        never = pages.serve() => match never {},
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    Ok(Exit::Success)
}

/// Opens a URL in the user's browser. If that fails, the address is on stdout.
fn browse(url: &str) {
    let (program, arguments): (_, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(arguments).arg(url);
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
