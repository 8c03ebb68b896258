//! The limits of uploads.

use std::time::Duration;

use super::MAX_OBJECT_BYTES;
use crate::{ConfigError, Environment};

/// How much longer than the deadline an upload must be kept: the time in which jobs can name it.
const TIME_TO_SUBMIT: Duration = Duration::from_secs(3_600);

impl Environment {
    /// `UPLOAD_DAYS`: minimum time for which an upload is kept, from 1 to 365 days; at least an hour longer than `DEADLINE_SECONDS`, because a
    /// job that could run later than its upload is kept is refused.
    pub fn upload_life(&self) -> Result<Duration, ConfigError> {
        const VARIABLE: &str = "UPLOAD_DAYS";
        let life = Duration::from_secs(86_400 * self.number(VARIABLE, 1..=365)?);
        if life >= self.deadline()? + TIME_TO_SUBMIT {
            return Ok(life);
        }
        let expected = "at least an hour longer than DEADLINE_SECONDS";
        Err(ConfigError::malformed(VARIABLE, expected))
    }

    /// `MAX_UPLOAD_MIB`: the size of the largest upload in MiB, up to [`MAX_OBJECT_BYTES`]. Returned in bytes.
    pub fn max_upload_bytes(&self) -> Result<u64, ConfigError> {
        let mebibytes = self.number("MAX_UPLOAD_MIB", 1..=MAX_OBJECT_BYTES >> 20)?;
        Ok(mebibytes << 20)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_outlives_the_jobs_that_name_it() {
        let life = |days, deadline| {
            Environment::of(&[("UPLOAD_DAYS", days), ("DEADLINE_SECONDS", deadline)]).upload_life()
        };
        assert_eq!(life("2", "169200"), Ok(Duration::from_secs(172_800)));
        assert!(life("2", "169201").is_err());
        let error = life("1", "86400").unwrap_err().to_string();
        assert!(error.contains("UPLOAD_DAYS"), "{error}");
        assert!(life("366", "60").is_err() && life("0", "60").is_err());
    }

    #[test]
    fn the_largest_upload_is_one_that_a_single_put_can_store() {
        let largest = |mib| Environment::of(&[("MAX_UPLOAD_MIB", mib)]).max_upload_bytes();
        assert_eq!(largest("5120"), Ok(MAX_OBJECT_BYTES));
        assert!(largest("5121").is_err() && largest("0").is_err());
    }
}
