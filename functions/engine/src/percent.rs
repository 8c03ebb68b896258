//! How far a job is.

/// How far a job is, in whole percent from 0 to 100.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Percent(u8);

impl Percent {
    /// Nothing done yet.
    pub const ZERO: Self = Self(0);
    /// All done. Only a job that succeeded shows it.
    pub const DONE: Self = Self(100);

    /// Whole percent; more than 100 is 100.
    #[must_use]
    pub fn new(percent: u8) -> Self {
        Self(percent.min(100))
    }

    /// `done` of `total`, rounded down, so that 100 means all; 0 of 0 is 0.
    #[must_use]
    pub fn of(done: u64, total: u64) -> Self {
        if total == 0 {
            return Self::ZERO;
        }
        let percent = u128::from(done.min(total)) * 100 / u128::from(total);
        Self(u8::try_from(percent).unwrap_or(100))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u8 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_rounds_down_and_stays_within_its_bounds() {
        assert_eq!(Percent::of(999, 1000).get(), 99);
        assert_eq!(Percent::of(1000, 1000), Percent::DONE);
        assert_eq!(Percent::of(5, 0), Percent::ZERO);
        assert_eq!(Percent::of(7, 3), Percent::DONE);
        assert_eq!(Percent::of(u64::MAX, u64::MAX), Percent::DONE);
        assert_eq!(Percent::new(200), Percent::DONE);
    }
}
