//! Configuration from the environment. What is missing or malformed stops the cold start and is named.

use std::time::Duration;

use crate::{IdSecrets, MAX_MESSAGE_AGE, WRITE_HORIZON};

/// The longest that an answer is held (`Prefer: wait`). What is left of the 29 s that `submit` and `status` may run is for the
/// calls before and after it; API Gateway gives up after 30 s.
pub const LONGEST_HOLD: Duration = Duration::from_secs(20);

/// The default of `MAX_SCHEDULE_AHEAD_SECONDS`: seven days.
const SCHEDULE_AHEAD: Duration = Duration::from_secs(7 * 24 * 3_600);

/// Who may call the service. The gateway sees to it; the functions say it, and refuse whom it does not name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Requests signed with IAM credentials.
    Iam,
    /// Bearer tokens.
    Jwt,
    /// Everybody.
    Open,
    /// Whoever says a name, as on a developer's machine; nobody has to.
    Name,
}

/// A variable of the environment that keeps a function from starting.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// It is not set, or empty.
    #[error("environment variable {0} is not set")]
    Missing(&'static str),
    /// Its value cannot be used. The value itself is not shown, since it may be a secret.
    #[error("environment variable {variable} is malformed: expected {expected}")]
    Malformed {
        /// Its name.
        variable: &'static str,
        /// What it has to be.
        expected: &'static str,
    },
}

type LookUp = Box<dyn Fn(&str) -> Option<String>>;

/// The environment of a function: the process's own, or a test's.
pub struct Environment {
    look_up: LookUp,
}

impl Environment {
    /// The process's own.
    #[must_use]
    pub fn of_process() -> Self {
        Self {
            look_up: Box::new(|name| std::env::var(name).ok()),
        }
    }

    /// One that has just these variables.
    #[must_use]
    pub fn of(variables: &[(&str, &str)]) -> Self {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self {
            look_up: Box::new(move |name| {
                variables
                    .iter()
                    .find(|(known, _)| known == name)
                    .map(|(_, value)| value.clone())
            }),
        }
    }

    /// The variable's value, if it is set and not blank.
    #[must_use]
    pub fn optional(&self, variable: &str) -> Option<String> {
        (self.look_up)(variable)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    }

    /// The variable's value.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when it is not set, or blank.
    pub fn text(&self, variable: &'static str) -> Result<String, ConfigError> {
        self.optional(variable)
            .ok_or(ConfigError::Missing(variable))
    }

    /// The variable's value as a whole number of seconds, from 1 to 100 years.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set or something else.
    pub fn seconds(&self, variable: &'static str) -> Result<Duration, ConfigError> {
        const CENTURY: u64 = 100 * 366 * 24 * 3_600;
        let seconds = self
            .text(variable)?
            .parse()
            .ok()
            .filter(|seconds| (1..=CENTURY).contains(seconds));
        seconds
            .map(Duration::from_secs)
            .ok_or(ConfigError::Malformed {
                variable,
                expected: "a whole number of seconds, at least 1",
            })
    }

    /// The words of a comma-separated list; none when it is not set.
    #[must_use]
    pub fn words(&self, variable: &str) -> Vec<String> {
        let list = self.optional(variable).unwrap_or_default();
        list.split(',')
            .map(str::trim)
            .filter(|word| !word.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// `TABLE_NAME`: the table of jobs.
    ///
    /// # Errors
    /// [`ConfigError::Missing`].
    pub fn table_name(&self) -> Result<String, ConfigError> {
        self.text("TABLE_NAME")
    }

    /// `QUEUE_URL`: the queue of jobs, as a URL.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set or no URL.
    pub fn queue_url(&self) -> Result<String, ConfigError> {
        self.url("QUEUE_URL")?
            .ok_or(ConfigError::Missing("QUEUE_URL"))
    }

    /// `ID_SECRETS`: the secrets that ids are tagged with, comma-separated, newest first.
    ///
    /// # Errors
    /// [`ConfigError`] when it is not set, or a secret is too short.
    pub fn id_secrets(&self) -> Result<IdSecrets, ConfigError> {
        IdSecrets::parse("ID_SECRETS", &self.text("ID_SECRETS")?)
    }

    /// `WRITE_HORIZON_SECONDS`: for how long a write can still take effect after its clock was read. [`WRITE_HORIZON`] unless it
    /// is set, which only tests and a developer's machine do: to be right for AWS, it cannot be shorter.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] when it is no number of seconds up to that.
    pub fn write_horizon(&self) -> Result<Duration, ConfigError> {
        const VARIABLE: &str = "WRITE_HORIZON_SECONDS";
        if self.optional(VARIABLE).is_none() {
            return Ok(WRITE_HORIZON);
        }
        let horizon = self.seconds(VARIABLE)?;
        if horizon <= WRITE_HORIZON {
            Ok(horizon)
        } else {
            Err(ConfigError::Malformed {
                variable: VARIABLE,
                expected: "a whole number of seconds from 1 to 360",
            })
        }
    }

    /// `RETENTION_SECONDS`: how long a status URI lives after its job's end. At least the write horizon: a write of the job's
    /// first record that comes late must find that there was one.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn retention(&self) -> Result<Duration, ConfigError> {
        const VARIABLE: &str = "RETENTION_SECONDS";
        let retention = self.seconds(VARIABLE)?;
        if retention >= self.write_horizon()? {
            Ok(retention)
        } else {
            Err(ConfigError::Malformed {
                variable: VARIABLE,
                expected: "at least 360 seconds (or WRITE_HORIZON_SECONDS), since a write can take effect that late",
            })
        }
    }

    /// `DEADLINE_SECONDS`: how long after its scheduled start a job has to be at its end. At most 14 days less the write
    /// horizon: no queue keeps a message longer, and the message has to outlive the job.
    ///
    /// # Errors
    /// [`ConfigError`].
    pub fn deadline(&self) -> Result<Duration, ConfigError> {
        const VARIABLE: &str = "DEADLINE_SECONDS";
        let deadline = self.seconds(VARIABLE)?;
        let expected = "at most 1209240 seconds: 14 days, the longest that a queue keeps a message, less 6 minutes";
        if deadline + WRITE_HORIZON <= MAX_MESSAGE_AGE {
            Ok(deadline)
        } else {
            Err(ConfigError::Malformed {
                variable: VARIABLE,
                expected,
            })
        }
    }

    /// `MAX_WAIT_SECONDS`: the longest that an answer is held for a client that prefers to wait, 0 to 20; not set is 20, and 0
    /// never holds one.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] when it is something else.
    pub fn max_wait(&self) -> Result<Duration, ConfigError> {
        const VARIABLE: &str = "MAX_WAIT_SECONDS";
        let Some(seconds) = self.optional(VARIABLE) else {
            return Ok(LONGEST_HOLD);
        };
        let wait = seconds.parse().ok().map(Duration::from_secs);
        wait.filter(|wait| *wait <= LONGEST_HOLD)
            .ok_or(ConfigError::Malformed {
                variable: VARIABLE,
                expected: "a whole number of seconds, 0 to 20",
            })
    }

    /// `MAX_SCHEDULE_AHEAD_SECONDS`: how far ahead a job's start may be; not set is seven days.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] when it is not a number of seconds.
    pub fn max_schedule_ahead(&self) -> Result<Duration, ConfigError> {
        match self.seconds("MAX_SCHEDULE_AHEAD_SECONDS") {
            Err(ConfigError::Missing(_)) => Ok(SCHEDULE_AHEAD),
            seconds => seconds,
        }
    }

    /// `PUBLIC_BASE_URL`: what links begin with, without a slash at the end; none when links follow the request.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] when it is no absolute http or https URL.
    pub fn public_base_url(&self) -> Result<Option<String>, ConfigError> {
        let url = self.url("PUBLIC_BASE_URL")?;
        Ok(url.map(|url| url.trim_end_matches('/').to_owned()))
    }

    /// `OPT_IN_KINDS`: the kinds beyond the ordinary ones that this deployment runs, comma-separated.
    #[must_use]
    pub fn opt_in_kinds(&self) -> Vec<String> {
        self.words("OPT_IN_KINDS")
    }

    /// `MONITOR_LINKS`: whether whoever has a job's monitor link may look at its page, `true` or `false`; not set is `false`.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] when it is something else: what is open to everybody is not guessed.
    pub fn monitor_links(&self) -> Result<bool, ConfigError> {
        const VARIABLE: &str = "MONITOR_LINKS";
        match self.optional(VARIABLE).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(ConfigError::Malformed {
                variable: VARIABLE,
                expected: "true or false",
            }),
        }
    }

    /// `AUTHORIZATION`: who may call; none when it is not set, and then the documentation leaves it open.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] when it is something else than the template's parameter can be, or `NAME`.
    pub fn authorization(&self) -> Result<Option<Authorization>, ConfigError> {
        const VARIABLE: &str = "AUTHORIZATION";
        let Some(authorization) = self.optional(VARIABLE) else {
            return Ok(None);
        };
        match authorization.as_str() {
            "AWS_IAM" => Ok(Some(Authorization::Iam)),
            "JWT" => Ok(Some(Authorization::Jwt)),
            "NONE" => Ok(Some(Authorization::Open)),
            "NAME" => Ok(Some(Authorization::Name)),
            _ => Err(ConfigError::Malformed {
                variable: VARIABLE,
                expected: "AWS_IAM, JWT, NONE or NAME",
            }),
        }
    }

    fn url(&self, variable: &'static str) -> Result<Option<String>, ConfigError> {
        let Some(url) = self.optional(variable) else {
            return Ok(None);
        };
        let rest = url
            .strip_prefix("https://")
            .or_else(|| url.strip_prefix("http://"));
        let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '?' | '#' | '"' | '<' | '>');
        match rest {
            Some(rest) if !rest.is_empty() && !rest.starts_with('/') && rest.chars().all(plain) => {
                Ok(Some(url))
            }
            _ => Err(ConfigError::Malformed {
                variable,
                expected: "an absolute http or https URL without query",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_or_blank_variable_is_named() {
        for environment in [
            Environment::of(&[]),
            Environment::of(&[("TABLE_NAME", " ")]),
        ] {
            assert_eq!(
                environment.table_name(),
                Err(ConfigError::Missing("TABLE_NAME"))
            );
        }
    }

    #[test]
    fn a_malformed_variable_is_named_and_its_value_is_not_shown() {
        for value in ["0", "-1", "1.5", "soon", "99999999999999999999"] {
            let error = Environment::of(&[("RETENTION_SECONDS", value)])
                .retention()
                .unwrap_err()
                .to_string();
            assert!(error.contains("RETENTION_SECONDS"), "{error}");
        }
        let error = Environment::of(&[("QUEUE_URL", "hunter2")])
            .queue_url()
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("QUEUE_URL") && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn no_deadline_outlives_its_message() {
        let deadline = |seconds| Environment::of(&[("DEADLINE_SECONDS", seconds)]).deadline();
        assert_eq!(deadline("1209240"), Ok(Duration::from_secs(1_209_240)));
        assert!(deadline("1209241").is_err());
    }

    #[test]
    fn no_record_is_gone_before_a_late_write_could_find_it() {
        let retention = |variables: &[_]| Environment::of(variables).retention();
        let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
        assert_eq!(retention(&[("RETENTION_SECONDS", "360")]), Ok(minutes(6)));
        let error = retention(&[("RETENTION_SECONDS", "359")]).unwrap_err();
        assert!(error.to_string().contains("RETENTION_SECONDS"), "{error}");
        let short = ("WRITE_HORIZON_SECONDS", "60");
        assert_eq!(
            retention(&[("RETENTION_SECONDS", "60"), short]),
            Ok(minutes(1))
        );
        assert!(retention(&[("RETENTION_SECONDS", "59"), short]).is_err());
    }

    #[test]
    fn the_write_horizon_can_be_shortened_and_not_lengthened() {
        let horizon =
            |seconds| Environment::of(&[("WRITE_HORIZON_SECONDS", seconds)]).write_horizon();
        assert_eq!(Environment::of(&[]).write_horizon(), Ok(WRITE_HORIZON));
        assert_eq!(horizon("5"), Ok(Duration::from_secs(5)));
        assert_eq!(horizon("360"), Ok(WRITE_HORIZON));
        for wrong in ["361", "0", "soon"] {
            assert!(horizon(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_longest_wait_is_20_seconds_and_0_is_none() {
        let wait = |seconds| Environment::of(&[("MAX_WAIT_SECONDS", seconds)]).max_wait();
        assert_eq!(Environment::of(&[]).max_wait(), Ok(LONGEST_HOLD));
        assert_eq!(wait("0"), Ok(Duration::ZERO));
        assert_eq!(wait("20"), Ok(LONGEST_HOLD));
        for wrong in ["21", "-1", "1.5", "long"] {
            let error = wait(wrong).unwrap_err().to_string();
            assert!(error.contains("MAX_WAIT_SECONDS"), "{error}");
        }
    }

    #[test]
    fn a_job_starts_within_seven_days_unless_the_deployment_says_otherwise() {
        let ahead = |seconds| {
            Environment::of(&[("MAX_SCHEDULE_AHEAD_SECONDS", seconds)]).max_schedule_ahead()
        };
        assert_eq!(
            Environment::of(&[]).max_schedule_ahead(),
            Ok(Duration::from_secs(604_800))
        );
        assert_eq!(ahead("60"), Ok(Duration::from_secs(60)));
        assert!(ahead("soon").is_err());
    }

    #[test]
    fn a_base_url_is_optional_and_loses_its_last_slash() {
        assert_eq!(Environment::of(&[]).public_base_url(), Ok(None));
        let url = |url| Environment::of(&[("PUBLIC_BASE_URL", url)]).public_base_url();
        assert_eq!(
            url("https://api.example.com/v1/"),
            Ok(Some("https://api.example.com/v1".to_owned()))
        );
        for wrong in [
            "api.example.com",
            "https://",
            "https:///jobs",
            "https://a b",
            "https://a/?x=1",
            "ftp://a",
        ] {
            assert!(url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn monitor_links_are_off_unless_they_are_turned_on_in_so_many_words() {
        let links = |value| Environment::of(&[("MONITOR_LINKS", value)]).monitor_links();
        assert_eq!(Environment::of(&[]).monitor_links(), Ok(false));
        assert_eq!((links("false"), links("true")), (Ok(false), Ok(true)));
        for other in ["on", "1", "True", "yes"] {
            assert!(links(other).is_err(), "{other}");
        }
    }

    #[test]
    fn authorization_is_one_of_the_templates_words() {
        assert_eq!(Environment::of(&[]).authorization(), Ok(None));
        let of = |value| Environment::of(&[("AUTHORIZATION", value)]).authorization();
        assert_eq!(of("AWS_IAM"), Ok(Some(Authorization::Iam)));
        assert_eq!(of("JWT"), Ok(Some(Authorization::Jwt)));
        assert_eq!(of("NONE"), Ok(Some(Authorization::Open)));
        assert!(of("OPEN").is_err());
    }

    #[test]
    fn a_list_of_words_forgives_spaces_and_empty_places() {
        assert_eq!(
            Environment::of(&[("OPT_IN_KINDS", " rehearsal, ,x,")]).opt_in_kinds(),
            ["rehearsal", "x"]
        );
        assert!(Environment::of(&[]).opt_in_kinds().is_empty());
    }
}
