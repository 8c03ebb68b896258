//! Estimating how many distinct values there are.

use cardinality_estimator::CardinalityEstimator;

/// Registers of the sketch, as a power of two: 6 KiB a column.
const PRECISION: usize = 13;

/// 1.04 / √(2^13): the relative standard error that the sketch's documentation gives for its registers.
pub(crate) const STANDARD_ERROR: f64 = 0.0115;

/// What an estimate is based on.
pub(crate) const METHOD: &str = "HyperLogLog (LogLog-Beta), 8192 registers";

/// It is only ever given hashes.
pub(crate) type Sketch = CardinalityEstimator<[u8], NoHasher, PRECISION>;

/// What [`Sketch`] has for a hasher.
#[derive(Default)]
pub(crate) struct NoHasher;

impl std::hash::Hasher for NoHasher {
    fn write(&mut self, _bytes: &[u8]) {}

    fn finish(&self) -> u64 {
        0
    }
}
