//! The log of a function: lines on standard output, which Lambda sends to `CloudWatch` Logs.

use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::Environment;

/// Starts the log of this process, in the format and from the level that Lambda's logging configuration sets.
///
/// This is `lambda_runtime::tracing::init_default_subscriber` without its `EnvFilter`, whose regular expressions would be a twentieth of
/// a function's executable.
///
/// # Panics
/// If the process has a log already.
pub fn start_log(environment: &Environment) {
    let format = environment.optional("AWS_LAMBDA_LOG_FORMAT");
    let log = tracing_subscriber::fmt()
        .with_target(false)
        .without_time()
        .with_max_level(LevelFilter::TRACE);
    if format.is_some_and(|format| format.eq_ignore_ascii_case("json")) {
        log.json().finish().with(levels(environment)).init();
    } else {
        log.finish().with(levels(environment)).init();
    }
}

/// The lowest levels that are logged: those of `RUST_LOG`, such as `info,my_crate=debug`, otherwise that of Lambda, otherwise INFO.
fn levels(environment: &Environment) -> Targets {
    let parsed = |variable| environment.optional(variable)?.parse().ok();
    let level = || parsed("AWS_LAMBDA_LOG_LEVEL");
    let level = parsed("RUST_LOG").or_else(level);
    level.unwrap_or_else(|| Targets::new().with_default(LevelFilter::INFO))
}

#[cfg(test)]
mod tests {
    use tracing::Level;

    use super::*;

    #[test]
    fn levels_are_those_of_rust_log_before_those_of_lambda_before_info() {
        let enabled = |variables: &[(&str, &str)]| {
            let levels = levels(&Environment::of(variables));
            [Level::INFO, Level::DEBUG, Level::TRACE]
                .map(|level| levels.would_enable("jobs", &level))
        };
        let of_lambda = ("AWS_LAMBDA_LOG_LEVEL", "DEBUG");
        assert_eq!(enabled(&[]), [true, false, false]);
        assert_eq!(enabled(&[of_lambda]), [true, true, false]);
        assert_eq!(enabled(&[of_lambda, ("RUST_LOG", "trace")]), [true; 3]);
        assert_eq!(
            enabled(&[of_lambda, ("RUST_LOG", "warn,jobs=info")]),
            [true, false, false]
        );
        assert_eq!(enabled(&[("RUST_LOG", "jobs=loud")]), [true, false, false]);
    }
}
