//! The content of an upload: a file or bytes, with its length and its digest.

use std::convert::Infallible;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{FutureExt, Stream, stream};
use reqwest::Body;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::AsyncReadExt;
use tokio::time::sleep;

use crate::ClientError;

/// Bytes that are read, or sent, at once: few enough for a smooth bar, and enough to be fast.
const CHUNK_BYTES: usize = 64 * 1024;

/// What [`Client::upload`](crate::Client::upload) sends: a file or bytes in memory, their media type, length and SHA-256.
#[derive(Debug, Clone)]
pub struct Content {
    source: Source,
    media_type: String,
    bytes: u64,
    sha256: [u8; 32],
}

#[derive(Debug, Clone)]
enum Source {
    File(PathBuf),
    Memory(Bytes),
}

impl Content {
    /// Reads a file once, in bounded memory, to compute its length and its digest. The upload reads it again, so it must be a
    /// regular file that does not change: the store refuses other content ([`ClientError::Store`], `BadDigest`).
    ///
    /// This blocks for as long as reading takes. In an async program, call it by `tokio::task::spawn_blocking`.
    pub fn file(path: impl Into<PathBuf>, media_type: impl Into<String>) -> io::Result<Self> {
        Self::inspected_file(path.into(), media_type.into(), |_| Ok(()))
    }

    /// [`Content::file`] with a function that sees every byte, and may refuse what it sees.
    pub(crate) fn inspected_file(
        path: PathBuf,
        media_type: String,
        inspect: impl FnMut(&[u8]) -> io::Result<()>,
    ) -> io::Result<Self> {
        let (bytes, sha256) = digest(&path, inspect)?;
        Ok(Self {
            source: Source::File(path),
            media_type,
            bytes,
            sha256,
        })
    }

    /// Content that is in memory.
    pub fn memory(bytes: impl Into<Bytes>, media_type: impl Into<String>) -> Self {
        let bytes = bytes.into();
        Self {
            media_type: media_type.into(),
            bytes: bytes.len() as u64,
            sha256: Sha256::digest(&bytes).into(),
            source: Source::Memory(bytes),
        }
    }

    /// The media type, for example `text/csv`.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// The length in bytes.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The SHA-256 digest.
    #[must_use]
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Returns the content as the body of a request, which begins after a pause. Each request opens the file itself, so that
    /// an earlier one that still reads does not move the position.
    pub(crate) async fn body(
        &self,
        pause: Duration,
        sending: Arc<Sending>,
    ) -> Result<Body, ClientError> {
        match &self.source {
            Source::Memory(bytes) => {
                let bytes = bytes.clone();
                let whole = async move {
                    sleep(pause).await;
                    sending.add(bytes.len() as u64);
                    Ok::<_, Infallible>(bytes)
                };
                Ok(Body::wrap_stream(stream::once(whole)))
            }
            Source::File(path) => {
                let file = File::open(path).await.map_err(ClientError::Content)?;
                let chunks = chunks(file, self.bytes, sending);
                let paused = sleep(pause).map(|()| chunks).flatten_stream();
                Ok(Body::wrap_stream(paused))
            }
        }
    }
}

/// Length and SHA-256 of a file.
fn digest(
    path: &Path,
    mut inspect: impl FnMut(&[u8]) -> io::Result<()>,
) -> io::Result<(u64, [u8; 32])> {
    let mut file = fs::File::open(path)?;
    let mut chunk = vec![0; CHUNK_BYTES];
    let (mut bytes, mut hash) = (0, Sha256::new());
    loop {
        let read = match file.read(&mut chunk) {
            Ok(0) => return Ok((bytes, hash.finalize().into())),
            Ok(read) => &chunk[..read],
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        inspect(read)?;
        hash.update(read);
        bytes += read.len() as u64;
    }
}

/// The state of a body while it is sent.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    bytes: AtomicU64,
    /// Why the content could not be read. The HTTP client reports only that its body failed.
    failure: Mutex<Option<io::Error>>,
}

impl Sending {
    /// Bytes that the connection has taken.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn add(&self, bytes: u64) {
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    pub(crate) fn take_failure(&self) -> Option<io::Error> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take()
    }

    fn fail(&self, error: io::Error) {
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
    }
}

/// Returns the first `bytes` bytes of a file. A file that has grown is sent as it was; a file that has become shorter is an
/// error, which ends the request.
fn chunks(
    file: File,
    bytes: u64,
    sending: Arc<Sending>,
) -> impl Stream<Item = Result<Vec<u8>, &'static str>> {
    stream::try_unfold((file, bytes, sending), async |(file, left, sending)| {
        if left == 0 {
            return Ok(None);
        }
        let mut chunk = Vec::with_capacity(CHUNK_BYTES);
        let mut part = file.take(left.min(CHUNK_BYTES as u64));
        let read = part
            .read_to_end(&mut chunk)
            .await
            .and_then(|read| match read {
                0 => Err(io::Error::new(
                    io::ErrorKind::UnexpectedEof,
                    "it has become shorter",
                )),
                read => Ok(read as u64),
            });
        let read = read.map_err(|error| {
            sending.fail(error);
            "the content cannot be read"
        })?;
        sending.add(read);
        Ok(Some((chunk, (part.into_inner(), left - read, sending))))
    })
}
