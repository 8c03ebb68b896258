//! Flags that say what goes wrong between the functions and the back ends.

use std::time::Duration;

use clap::Args;

use crate::faults::Rates;

/// Flags of `chaos` and `serve`.
#[derive(Args, Clone, Debug)]
pub(crate) struct FaultArgs {
    /// Seed of everything that is random [default: a new one each time]
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
    /// Percentage of calls to DynamoDB and SQS that are throttled, broken, reset, delayed or not answered; of writes to the
    /// table and of requests to S3, three times as many
    #[arg(long, value_name = "PERCENT", default_value = "3", value_parser = per_mille)]
    faults: u32,
    /// Percentage of messages that are delivered twice or late
    #[arg(long, value_name = "PERCENT", default_value = "5", value_parser = per_mille)]
    redeliveries: u32,
}

impl FaultArgs {
    /// The seed; without the flag, another one at each call. Short enough to be typed.
    pub(crate) fn seed(&self) -> u64 {
        let random = || uuid::Uuid::new_v4().as_u64_pair().0 % 1_000_000_000;
        self.seed.unwrap_or_else(random)
    }

    /// Calls take effect as late as the write horizon allows.
    pub(crate) fn rates(&self, write_horizon: Duration) -> Rates {
        Rates {
            faults: self.faults,
            deliveries: self.redeliveries,
            longest: write_horizon.saturating_sub(HELD_BACK),
        }
    }
}

/// The part of the write horizon that no injected delay uses: a call has tries of some seconds between reading its clock and
/// sending the last one, and this machine may be slow.
pub(crate) const HELD_BACK: Duration = Duration::from_secs(10);

/// A percentage with at most one decimal, in thousandths.
fn per_mille(text: &str) -> Result<u32, String> {
    let wrong = || "must be a percentage from 0 to 100, with at most one decimal".to_owned();
    let (whole, tenths) = text.split_once('.').unwrap_or((text, "0"));
    let whole: u32 = whole.parse().map_err(|_| wrong())?;
    let tenths: u32 = tenths.parse().map_err(|_| wrong())?;
    let is_percentage = tenths < 10
        && whole
            .checked_mul(10)
            .is_some_and(|all| all + tenths <= 1_000);
    is_percentage.then(|| whole * 10 + tenths).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentage_has_at_most_one_decimal() {
        assert_eq!(per_mille("0"), Ok(0));
        assert_eq!(per_mille("2.5"), Ok(25));
        assert_eq!(per_mille("100"), Ok(1_000));
        for wrong in ["100.1", "101", "-1", "2.55", "", "x", "4294967295"] {
            assert!(per_mille(wrong).is_err(), "{wrong}");
        }
    }
}
