//! Mean and standard deviation of numbers, each seen any number of times.

/// Running mean and squared deviations (Welford 1962, weighted), and the exact sum of integers.
#[derive(Debug, Default)]
pub(crate) struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
    integer_sum: i128,
}

impl Moments {
    /// Counts `value` in, `times` times.
    pub(crate) fn add(&mut self, value: f64, times: u32) {
        let times = f64::from(times);
        self.count += times;
        let deviation = value - self.mean;
        self.mean += deviation * (times / self.count);
        self.squares += times * deviation * (value - self.mean);
    }

    /// Counts an integer in, `times` times.
    #[expect(
        clippy::cast_precision_loss,
        reason = "the sum below is exact; squares need not be"
    )]
    pub(crate) fn add_integer(&mut self, value: i64, times: u32) {
        self.add(value as f64, times);
        self.integer_sum += i128::from(value) * i128::from(times);
    }

    /// The mean; of integers, the `f64` that is nearest to what their exact sum gives.
    ///
    /// `None` without any, or where it exceeds an `f64`.
    #[expect(
        clippy::cast_precision_loss,
        reason = "the nearest f64 is what is wanted"
    )]
    pub(crate) fn mean(&self, all_integers: bool) -> Option<f64> {
        let mean = if all_integers {
            self.integer_sum as f64 / self.count
        } else {
            self.mean
        };
        (self.count > 0.0 && mean.is_finite()).then_some(mean)
    }

    /// The sample standard deviation (divided by n - 1). `None` for fewer than two values, or where it
    /// exceeds an `f64`.
    pub(crate) fn standard_deviation(&self) -> Option<f64> {
        let deviation = (self.squares / (self.count - 1.0)).sqrt();
        (self.count > 1.0 && deviation.is_finite()).then_some(deviation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_seen_three_times_weighs_three_times() {
        let mut once_each = Moments::default();
        let mut weighted = Moments::default();
        for value in [2.0, 2.0, 2.0, 4.0, 7.0] {
            once_each.add(value, 1);
        }
        for (value, times) in [(2.0, 3), (4.0, 1), (7.0, 1)] {
            weighted.add(value, times);
        }
        assert_eq!(weighted.mean(false), Some(3.4));
        // 4.8 is the sum of squares 2·1.4² + … over n - 1 = 4.
        for moments in [once_each, weighted] {
            assert!((moments.standard_deviation().unwrap() - 4.8_f64.sqrt()).abs() < 1e-12);
        }
    }

    #[test]
    fn the_mean_of_large_integers_is_exact() {
        let mut moments = Moments::default();
        for value in [i64::MAX, i64::MIN, 3] {
            moments.add_integer(value, 1);
        }
        assert_eq!(moments.mean(true), Some(2.0 / 3.0));
    }

    #[test]
    fn what_is_undefined_or_infinite_is_nothing() {
        let mut moments = Moments::default();
        assert_eq!(
            (moments.mean(true), moments.standard_deviation()),
            (None, None)
        );
        moments.add(f64::MAX, 1);
        assert_eq!(
            (moments.mean(false), moments.standard_deviation()),
            (Some(f64::MAX), None)
        );
        moments.add(f64::MIN, 1);
        assert_eq!(moments.standard_deviation(), None);
    }
}
