//! What flags say of how much goes wrong on the wire.

use std::time::Duration;

use crate::faults::Rates;

/// What the plan leaves of the write horizon: a call has tries of some seconds between the reading of its clock and the sending of
/// the last one, and this machine may be slow.
pub(crate) const HELD_BACK: Duration = Duration::from_secs(10);

/// Calls take effect as late as the write horizon allows.
pub(crate) fn rates(faults: u32, deliveries: u32, write_horizon: Duration) -> Rates {
    Rates {
        faults,
        deliveries,
        longest: write_horizon.saturating_sub(HELD_BACK),
    }
}

/// Short enough to be typed again.
pub(crate) fn random_seed() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().0 % 1_000_000_000
}

/// A percentage with one decimal at most, in thousandths.
pub(crate) fn per_mille(text: &str) -> Result<u32, String> {
    let wrong = || "has to be a percentage from 0 to 100, with one decimal at most".to_owned();
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
    fn a_percentage_has_one_decimal_at_most() {
        assert_eq!(per_mille("0"), Ok(0));
        assert_eq!(per_mille("2.5"), Ok(25));
        assert_eq!(per_mille("100"), Ok(1_000));
        for wrong in ["100.1", "101", "-1", "2.55", "", "x", "4294967295"] {
            assert!(per_mille(wrong).is_err(), "{wrong}");
        }
    }
}
