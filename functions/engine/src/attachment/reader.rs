//! The stream of an attachment.

use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};
use std::thread::{self, Thread};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::task::coop::unconstrained;

use super::ReadError;
use crate::{Context, JobError};

/// The content of an attachment, from the place where it was opened to its end: chunk by chunk ([`Self::next`]), or as [`io::Read`], which
/// blocks the thread until bytes arrive. A handler may do that, because it has a thread of its own.
///
/// An upload that is gone or has changed since the job was submitted ends the job with the error `upload-gone` or `upload-changed`, even
/// if the handler returns a result or a retryable error.
#[derive(Debug)]
pub struct AttachmentReader {
    /// What has arrived and was not read yet.
    ready: Bytes,
    position: u64,
    size: u64,
    rest: Rest,
}

#[derive(Debug)]
enum Rest {
    /// All of it has arrived.
    Nothing,
    Upload {
        chunks: mpsc::Receiver<Result<Bytes, ReadError>>,
        context: Context,
    },
}

/// Size of a chunk of a text.
const TEXT_CHUNK: usize = 65_536;

/// How often a blocked reader checks whether its attempt must stop.
const LOOK: Duration = Duration::from_millis(50);

impl AttachmentReader {
    pub(super) fn of_text(mut text: Bytes, from: u64) -> Self {
        let size = u64::try_from(text.len()).unwrap_or(u64::MAX);
        let skipped = usize::try_from(from).unwrap_or(usize::MAX).min(text.len());
        Self {
            ready: text.split_off(skipped),
            position: from,
            size,
            rest: Rest::Nothing,
        }
    }

    pub(super) fn of_upload(
        chunks: mpsc::Receiver<Result<Bytes, ReadError>>,
        from: u64,
        size: u64,
        context: Context,
    ) -> Self {
        Self {
            ready: Bytes::new(),
            position: from,
            size,
            rest: Rest::Upload { chunks, context },
        }
    }

    /// Size of the whole content in bytes, including what precedes the place where it was opened.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The position of the next byte to read. If the content is opened there, it continues with that byte.
    #[must_use]
    pub fn position(&self) -> u64 {
        self.position
    }

    /// The next chunk, of up to 64 KiB; `None` at the end.
    ///
    /// # Errors
    /// `?` passes on what ends or retries the job.
    pub async fn next(&mut self) -> Result<Option<Bytes>, JobError> {
        if self.ready.is_empty()
            && let Rest::Upload { chunks, context } = &mut self.rest
        {
            let chunk = chunks.recv().await;
            let left = self.size.saturating_sub(self.position);
            self.ready = arrived(chunk, left, context).map_err(ReadError::into_job_error)?;
        }
        let chunk = self.take(TEXT_CHUNK);
        Ok(Some(chunk).filter(|chunk| !chunk.is_empty()))
    }

    fn take(&mut self, limit: usize) -> Bytes {
        let chunk = self.ready.split_to(limit.min(self.ready.len()));
        self.position += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        chunk
    }
}

impl io::Read for AttachmentReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty()
            && !buffer.is_empty()
            && let Rest::Upload { chunks, context } = &mut self.rest
        {
            let chunk = wait(chunks, context)?;
            let left = self.size.saturating_sub(self.position);
            self.ready = arrived(chunk, left, context).map_err(io::Error::other)?;
        }
        let chunk = self.take(buffer.len());
        buffer[..chunk.len()].copy_from_slice(&chunk);
        Ok(chunk.len())
    }
}

/// The bytes of a chunk; none at the end, when no bytes are `left`. The context remembers an error that ends the job.
fn arrived(
    chunk: Option<Result<Bytes, ReadError>>,
    left: u64,
    context: &Context,
) -> Result<Bytes, ReadError> {
    match chunk {
        Some(Ok(bytes)) => Ok(bytes),
        None if left == 0 => Ok(Bytes::new()),
        None => Err(ReadError::Interrupted),
        Some(Err(error)) => {
            if let Some(failure) = error.failure() {
                context.must_fail(failure);
            }
            Err(error)
        }
    }
}

/// Blocks this thread until a chunk arrives.
fn wait(
    chunks: &mut mpsc::Receiver<Result<Bytes, ReadError>>,
    context: &Context,
) -> io::Result<Option<Result<Bytes, ReadError>>> {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut task = TaskContext::from_waker(&waker);
    // Outside tokio's budget of the task, which is renewed only when the task yields.
    let mut next = pin!(unconstrained(chunks.recv()));
    loop {
        if let Poll::Ready(chunk) = next.as_mut().poll(&mut task) {
            return Ok(chunk);
        }
        if context.is_stopped() {
            return Err(io::Error::other(ReadError::Stopped));
        }
        thread::park_timeout(LOOK);
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_kit;
    use std::io::Read as _;

    #[tokio::test]
    async fn a_text_is_read_from_any_place() {
        let text = test_kit::attachment("0123456789");
        let (context, _control) = test_kit::context(1);
        let mut reader = text.open(&context, 4).unwrap();
        assert_eq!((reader.position(), reader.size()), (4, 10));
        let mut some = [0; 3];
        assert_eq!(reader.read(&mut some).unwrap(), 3);
        assert_eq!((&some, reader.position()), (b"456", 7));
        assert_eq!(reader.next().await.unwrap().unwrap(), "789");
        assert_eq!(reader.next().await.unwrap(), None);
        assert_eq!(reader.read(&mut some).unwrap(), 0);
        let past = text.open(&context, 11).unwrap().next().await.unwrap();
        assert_eq!(past, None);
    }

    #[tokio::test]
    async fn a_blocked_reader_gets_more_chunks_than_a_task_may_take_without_a_pause() {
        let (context, _control) = test_kit::context(1);
        let (sender, chunks) = mpsc::channel(2);
        let mut reader = AttachmentReader::of_upload(chunks, 0, 3_000, context);
        let sending = thread::spawn(move || {
            for _ in 0..1_000 {
                sender
                    .blocking_send(Ok(Bytes::from_static(b"abc")))
                    .unwrap();
            }
        });
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, "abc".repeat(1_000));
        sending.join().unwrap();
    }

    #[tokio::test]
    async fn a_stream_that_ends_early_is_an_error_each_time() {
        let (context, _control) = test_kit::context(1);
        let (sender, chunks) = mpsc::channel(1);
        let mut reader = AttachmentReader::of_upload(chunks, 0, 6, context);
        sender.send(Ok(Bytes::from_static(b"abc"))).await.unwrap();
        drop(sender);
        assert_eq!(reader.read(&mut [0; 9]).unwrap(), 3);
        assert!(reader.read(&mut [0; 9]).is_err());
        assert!(reader.next().await.is_err());
    }

    #[tokio::test]
    async fn a_blocked_reader_ends_when_its_attempt_must_stop() {
        let (context, control) = test_kit::context(1);
        let (_sender, chunks) = mpsc::channel(1);
        let mut reader = AttachmentReader::of_upload(chunks, 0, 1, context);
        control.stop.send(true).unwrap();
        assert!(reader.read(&mut [0]).is_err());
    }
}
