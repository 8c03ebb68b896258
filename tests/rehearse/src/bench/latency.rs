//! What a list of latencies comes to.

use serde::Serialize;

/// Percentiles of latencies, in milliseconds: the least value that so many of a hundred do not exceed ("nearest rank"), so
/// each is a latency that one of them had.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(super) struct Latency {
    pub(super) p50: f64,
    pub(super) p90: f64,
    pub(super) p99: f64,
    pub(super) max: f64,
}

impl Latency {
    /// Of none it is 0.
    pub(super) fn of(mut millis: Vec<f64>) -> Self {
        millis.sort_by(f64::total_cmp);
        let nearest = |percent| rank(millis.len(), percent).map_or(0.0, |index| millis[index]);
        Self {
            p50: nearest(50),
            p90: nearest(90),
            p99: nearest(99),
            max: nearest(100),
        }
    }

    /// Name and value of each.
    pub(super) fn figures(self) -> [(&'static str, f64); 4] {
        [
            ("p50", self.p50),
            ("p90", self.p90),
            ("p99", self.p99),
            ("max", self.max),
        ]
    }
}

/// Where the percentile stands among so many in order.
fn rank(count: usize, percent: usize) -> Option<usize> {
    (count * percent).div_ceil(100).checked_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_the_least_that_so_many_do_not_exceed() {
        let millis = (1..=200).rev().map(f64::from).collect();
        let expected = Latency {
            p50: 100.0,
            p90: 180.0,
            p99: 198.0,
            max: 200.0,
        };
        assert_eq!(Latency::of(millis), expected);
    }

    #[test]
    fn of_few_the_high_ones_are_the_largest() {
        let few = Latency::of(vec![7.0, 3.0, 5.0]);
        assert_eq!((few.p50, few.p90, few.p99, few.max), (5.0, 7.0, 7.0, 7.0));
        let one = Latency::of(vec![4.5]);
        assert_eq!(
            one.figures(),
            [("p50", 4.5), ("p90", 4.5), ("p99", 4.5), ("max", 4.5)]
        );
    }

    #[test]
    fn of_none_there_is_none() {
        assert_eq!(Latency::of(Vec::new()), Latency::default());
    }
}
