//! Reads an attachment while a rehearsal takes its steps.

use engine::{Attachment, AttachmentReader, Context, JobError};

/// An attachment of which each step reads a part.
pub(super) struct Reading {
    text: AttachmentReader,
    begun: u64,
    steps: u32,
}

impl Reading {
    /// Opens the attachment after the part of the step `done`.
    pub(super) fn open(
        attachment: &Attachment,
        context: &Context,
        done: u32,
        steps: u32,
    ) -> Result<Self, JobError> {
        let begun = part(attachment.size(context)?, done, steps);
        let text = attachment.open(context, begun)?;
        Ok(Self { text, begun, steps })
    }

    /// Reads the part of a step.
    pub(super) async fn read_part(&mut self, step: u32) -> Result<(), JobError> {
        let end = part(self.text.size(), step, self.steps);
        while self.text.position() < end && self.text.next().await?.is_some() {}
        Ok(())
    }

    /// Number of bytes that it has read.
    pub(super) fn bytes(&self) -> u64 {
        self.text.position() - self.begun
    }
}

/// Where the part of a step ends.
fn part(size: u64, step: u32, steps: u32) -> u64 {
    size * u64::from(step) / u64::from(steps)
}
