//! What a check is, and how it fails.

use std::time::Duration;

use aws_sdk_sqs::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};

/// How a check ends; `Ok` is a pass.
pub(crate) type Verdict<T = ()> = Result<T, Stop>;

/// Why a check stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The endpoint did not do what is promised.
    Failed(String),
    /// The check can't be run against this endpoint; it says nothing about it.
    #[cfg(not(test))]
    NotRun(String),
}

impl<E: std::error::Error> From<E> for Stop {
    fn from(error: E) -> Self {
        Self::Failed(DisplayErrorContext(error).to_string())
    }
}

/// Far above what a check needs; one that hangs has failed.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// One named check.
#[cfg(not(test))]
pub(crate) struct Check {
    pub(crate) name: &'static str,
    pub(crate) run: for<'a> fn(
        &'a super::endpoint::Sqs,
    ) -> std::pin::Pin<Box<dyn Future<Output = Verdict> + Send + 'a>>,
}

/// Fails the check unless the condition holds.
macro_rules! ensure {
    ($condition:expr, $($message:tt)+) => {
        if !$condition {
            return Err(super::check::Stop::Failed(format!($($message)+)));
        }
    };
}

/// Fails the check unless both are equal.
macro_rules! ensure_eq {
    ($left:expr, $right:expr) => {
        // A match, because it keeps what the expressions borrow from alive.
        match (&$left, &$right) {
            (left, right) if left == right => {}
            (left, right) => {
                let message = format!("{} is {left:?}, not {right:?}", stringify!($left));
                return Err(super::check::Stop::Failed(message));
            }
        }
    };
}

/// Lists a file's checks: for the executable, and as tests of the embedded queues by their names.
macro_rules! checks {
    ($($name:ident),+ $(,)?) => {
        #[cfg(not(test))]
        pub(super) const CHECKS: &[super::check::Check] = &[$(super::check::Check {
            name: stringify!($name),
            run: |sqs| Box::pin($name(sqs)),
        }),+];

        #[cfg(test)]
        mod embedded {
            $(#[tokio::test]
            async fn $name() {
                let sqs = super::super::endpoint::Sqs::embedded().await.unwrap();
                let verdict = tokio::time::timeout(super::super::check::PATIENCE, super::$name(&sqs)).await;
                if let Err(super::super::check::Stop::Failed(why)) = verdict.expect("it hangs") {
                    panic!("{why}");
                }
            })+
        }
    };
}

pub(super) use {checks, ensure, ensure_eq};

/// The request must have been refused with this code.
pub(super) fn refused<T, E, R>(outcome: Result<T, SdkError<E, R>>, code: &str) -> Verdict
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    let given = refusal(outcome)?;
    ensure!(given == code, "refused with {given}, not {code}");
    Ok(())
}

/// The request must have been refused; returns the code.
pub(super) fn refusal<T, E, R>(outcome: Result<T, SdkError<E, R>>) -> Verdict<String>
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
    R: std::fmt::Debug,
{
    match outcome {
        Ok(_) => Err(Stop::Failed("accepted what it should refuse".to_owned())),
        Err(SdkError::ServiceError(error)) => {
            Ok(error.err().code().unwrap_or("no code").to_owned())
        }
        Err(error) => Err(error.into()),
    }
}
