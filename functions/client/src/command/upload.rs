//! The upload of a file that a field names.

use indicatif::{HumanBytes, ProgressBar};
use serde_json::Value;

use super::CommandError;
use super::file::{FieldFile, Reason};
use super::input::{Input, Member};
use super::progress::{bar_style, line_about};
use crate::{Client, ClientError, UploadProgress};

/// At most 78 columns without the name of the file, so that it stays one line of a terminal.
const TEMPLATE: &str = "{prefix:9.cyan.bold} {bar:20.cyan/dim} {percent:>3}%  {binary_bytes} of {binary_total_bytes}, \
                        {eta} left  {wide_msg}";

impl Input {
    /// Uploads the files that cannot be part of an input of `room` bytes, and puts references in their places. Returns their
    /// number.
    pub(super) async fn upload_files(
        &mut self,
        room: usize,
        client: &Client,
    ) -> Result<usize, CommandError> {
        self.fit(room).map_err(ClientError::Input)?;
        let mut uploads = 0;
        for member in self.uploads() {
            if let Member::File(file) = member {
                *member = Member::Json(upload(client, file).await?);
                uploads += 1;
            }
        }
        Ok(uploads)
    }
}

/// Uploads a file, shows the progress on stderr if that is a terminal, and returns the reference to the upload.
async fn upload(client: &Client, file: &FieldFile) -> Result<Value, CommandError> {
    // Hidden if stderr is not a terminal. It clears itself if the upload ends in an error.
    let bar = ProgressBar::new(file.bytes()).with_message(file.name.clone());
    bar.set_style(bar_style(TEMPLATE));
    bar.set_prefix("Reading");
    let content = file.content(|bytes| bar.inc(bytes))?;

    bar.set_prefix("Uploading");
    bar.set_length(content.bytes());
    bar.reset();
    let uploaded = client.upload(&content, |progress| match progress {
        UploadProgress::Sent(bytes) => bar.set_position(bytes),
        UploadProgress::Trouble(trouble) => bar.suspend(|| eprintln!("{}", line_about(trouble))),
    });
    let name = &file.name;
    let upload = uploaded.await.map_err(|error| failure(file, error))?;
    bar.finish_and_clear();
    let size = HumanBytes(content.bytes());
    eprintln!("{name} ({size}) is stored as upload {}.", upload.id);
    Ok(upload.reference())
}

/// The error with the name of the file, and with the reason for the upload if the service accepts no uploads.
fn failure(file: &FieldFile, error: ClientError) -> CommandError {
    let name = file.name.clone();
    let ClientError::NoUploads(_) = error else {
        return CommandError::Upload { name, error };
    };
    match file.reason() {
        Reason::TooLarge => CommandError::TooLarge(name),
        Reason::NotUtf8(line) => CommandError::NotText { name, line },
    }
}
