//! What the attachments of a job need.

use super::Context;
use crate::{Bucket, Failure, JobError, UploadedObject};

impl Context {
    pub(crate) fn uploads(&self) -> &[UploadedObject] {
        &self.inner.uploads
    }

    pub(crate) fn bucket(&self) -> Option<&Bucket> {
        self.inner.process.bucket()
    }

    /// Starts a task that outlives the attempt.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.inner.process.spawn(task);
    }

    /// Decides how the job ends, unless its handler returns a failure of its own.
    pub(crate) fn must_fail(&self, failure: Failure) {
        // The first one is the cause of the others.
        let _ = self.inner.failure.set(failure);
    }

    /// What the handler returned, or the failure that ends the job instead.
    pub(crate) fn settled<T>(&self, ended: Result<T, JobError>) -> Result<T, JobError> {
        match (ended, self.inner.failure.get()) {
            (Ok(_) | Err(JobError::Retry { failure: None, .. }), Some(failure)) => {
                Err(JobError::Permanent(failure.clone()))
            }
            (ended, _) => ended,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_kit;

    #[test]
    fn an_upload_that_is_gone_ends_the_job_whatever_its_handler_makes_of_it() {
        let (context, _control) = test_kit::context(1);
        assert!(context.settled(Ok(1)).is_ok());
        context.must_fail(Failure::new("upload-gone", "it is gone"));
        let lost: Result<(), JobError> = Err(std::io::Error::other("no more").into());
        for ended in [Ok(()), lost] {
            let Err(JobError::Permanent(failure)) = context.settled(ended) else {
                panic!("not permanent")
            };
            assert_eq!(failure.code(), "upload-gone");
        }
        let own = context.settled::<()>(Err(JobError::permanent("own", "of the kind")));
        assert!(matches!(own, Err(JobError::Permanent(failure)) if failure.code() == "own"));
    }
}
