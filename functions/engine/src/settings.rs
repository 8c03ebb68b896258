//! The settings of a deployment, by the names of their environment variables.

mod webhooks;

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::{ConfigError, Environment, IdSecrets, MAX_DELAY, MAX_MESSAGE_AGE, WRITE_HORIZON};

/// The maximum time that a response is delayed (`Prefer: wait`). The rest of the 29 s that `submit` and `status` may run is for
/// the calls before and after the wait; API Gateway gives up after 30 s.
pub const LONGEST_HOLD: Duration = Duration::from_secs(20);

/// Default and maximum of `MAX_SCHEDULE_AHEAD_SECONDS`: the longest year.
pub const LONGEST_SCHEDULE_AHEAD: Duration = Duration::from_secs(366 * 24 * 3_600);

/// Who may call the service. The gateway enforces it; the functions document it, and reject callers that the gateway did not
/// identify.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Authorization {
    /// Requests signed with IAM credentials.
    Iam,
    /// Requests with a bearer token.
    Jwt,
    /// All requests.
    Open,
    /// All requests; a caller may state a name. Only on a developer's machine.
    Name,
}

impl Environment {
    /// `TABLE_NAME`: the name of the table of jobs.
    pub fn table_name(&self) -> Result<String, ConfigError> {
        self.text("TABLE_NAME")
    }

    /// `QUEUE_URL`: the URL of the queue of jobs.
    ///
    /// # Errors
    /// [`ConfigError`] if it is not set, or is not a URL.
    pub fn queue_url(&self) -> Result<String, ConfigError> {
        self.url("QUEUE_URL")
    }

    /// `ID_SECRETS`: the secrets that ids are tagged with, comma-separated, newest first.
    ///
    /// # Errors
    /// [`ConfigError`] if it is not set, or a secret is too short.
    pub fn id_secrets(&self) -> Result<IdSecrets, ConfigError> {
        const VARIABLE: &str = "ID_SECRETS";
        IdSecrets::parse(VARIABLE, &self.text(VARIABLE)?)
    }

    /// `WRITE_HORIZON_SECONDS`: how long a write can still take effect after its clock was read. Default and maximum:
    /// [`WRITE_HORIZON`]. Only tests and a developer's machine set it, because a shorter time would be wrong for AWS.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] if it is not a number of seconds up to that maximum.
    pub fn write_horizon(&self) -> Result<Duration, ConfigError> {
        self.seconds_or_most("WRITE_HORIZON_SECONDS", 1..=WRITE_HORIZON.as_secs())
    }

    /// `RETENTION_SECONDS`: how long a finished job stays readable. Minimum: the write horizon, so that a late write of the job's
    /// first record finds that the job existed. Maximum: 100 years.
    pub fn retention(&self) -> Result<Duration, ConfigError> {
        const CENTURY: u64 = 100 * 366 * 24 * 3_600;
        let shortest = self.write_horizon()?.as_secs();
        let seconds = self.number("RETENTION_SECONDS", shortest..=CENTURY)?;
        Ok(Duration::from_secs(seconds))
    }

    /// `DEADLINE_SECONDS`: how long after its scheduled start a job must have finished. Maximum: 14 days less the write horizon and
    /// [`MAX_DELAY`], because no queue keeps a message longer, it may be sent that long before the start, and it must outlive the job.
    pub fn deadline(&self) -> Result<Duration, ConfigError> {
        const LONGEST: Duration =
            MAX_MESSAGE_AGE.saturating_sub(MAX_DELAY.saturating_add(WRITE_HORIZON));
        let seconds = self.number("DEADLINE_SECONDS", 1..=LONGEST.as_secs())?;
        Ok(Duration::from_secs(seconds))
    }

    /// `MAX_WAIT_SECONDS`: the maximum time that a response is delayed for a client that prefers to wait. Default and maximum:
    /// [`LONGEST_HOLD`]; 0 means that no response is delayed.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] if it is not a number of seconds from 0 to that maximum.
    pub fn max_wait(&self) -> Result<Duration, ConfigError> {
        self.seconds_or_most("MAX_WAIT_SECONDS", 0..=LONGEST_HOLD.as_secs())
    }

    /// `MAX_SCHEDULE_AHEAD_SECONDS`: how far in the future a job's start may be. Default and maximum: [`LONGEST_SCHEDULE_AHEAD`].
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] if it is not a number of seconds up to that maximum.
    pub fn max_schedule_ahead(&self) -> Result<Duration, ConfigError> {
        let longest = LONGEST_SCHEDULE_AHEAD.as_secs();
        self.seconds_or_most("MAX_SCHEDULE_AHEAD_SECONDS", 1..=longest)
    }

    /// The variable's value as a number of seconds in `range`; the greatest one if it is not set, or is blank.
    fn seconds_or_most(
        &self,
        variable: &'static str,
        range: RangeInclusive<u64>,
    ) -> Result<Duration, ConfigError> {
        let most = *range.end();
        let seconds = self.optional_number(variable, range)?.unwrap_or(most);
        Ok(Duration::from_secs(seconds))
    }

    /// `PUBLIC_BASE_URL`: the beginning of links, without a trailing slash. `None`: links begin as the request's URL does.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] if it is not an absolute http or https URL.
    pub fn public_base_url(&self) -> Result<Option<String>, ConfigError> {
        let url = self.optional_url("PUBLIC_BASE_URL")?;
        Ok(url.map(|url| url.trim_end_matches('/').to_owned()))
    }

    /// `OPT_IN_KINDS`: the opt-in kinds that this deployment runs, comma-separated.
    #[must_use]
    pub fn opt_in_kinds(&self) -> Vec<String> {
        self.words("OPT_IN_KINDS")
    }

    /// `MONITOR_LINKS`: whether anyone with a job's monitor link may see its page, `true` or `false`. Default: `false`.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] if it is anything else: public access must not depend on a guess.
    pub fn monitor_links(&self) -> Result<bool, ConfigError> {
        self.switch("MONITOR_LINKS")
    }

    /// `AUTHORIZATION`: who may call. `None` if it is not set: then the OpenAPI document does not say.
    ///
    /// # Errors
    /// [`ConfigError::Malformed`] if it is not one of the values of the template's parameter, or `NAME`.
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
            _ => Err(ConfigError::malformed(
                VARIABLE,
                "AWS_IAM, JWT, NONE or NAME",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_record_is_kept_for_up_to_a_century() {
        let retention = |seconds| Environment::of(&[("RETENTION_SECONDS", seconds)]).retention();
        let century = Duration::from_secs(3_162_240_000);
        assert_eq!(retention("3162240000"), Ok(century));
        assert!(retention("3162240001").is_err());
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
    fn a_job_starts_within_a_year_unless_the_deployment_says_sooner() {
        let ahead = |seconds| {
            Environment::of(&[("MAX_SCHEDULE_AHEAD_SECONDS", seconds)]).max_schedule_ahead()
        };
        assert_eq!(
            Environment::of(&[]).max_schedule_ahead(),
            Ok(Duration::from_secs(31_622_400))
        );
        assert_eq!(ahead("60"), Ok(Duration::from_secs(60)));
        assert_eq!(ahead("31622400"), Ok(LONGEST_SCHEDULE_AHEAD));
        assert!(ahead("soon").is_err() && ahead("31622401").is_err());
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
}
