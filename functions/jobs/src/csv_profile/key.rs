//! What values are told apart by.

use rapidhash::v3::rapidhash_v3;

/// Longest value whose hash says all: with its length, it is that of no other value.
const SHORT_BYTES: usize = 8;

/// A value's hash and length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) hash: u64,
    pub(crate) length: u32,
}

impl Key {
    /// The same in every run, so that a text has one profile.
    #[inline]
    pub(crate) fn of(value: &[u8]) -> Self {
        let hash = match short(value) {
            Some(word) => mixed(word ^ (value.len() as u64).wrapping_mul(LENGTH_FACTOR)),
            None => rapidhash_v3(value),
        };
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        Self { hash, length }
    }

    /// Whether no other value has this key.
    #[inline]
    pub(crate) fn says_all(self) -> bool {
        self.length as usize <= SHORT_BYTES
    }
}

/// The golden ratio in 64 bits, as is usual: it spreads lengths over all bits.
const LENGTH_FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;

/// All of a short value in one word; no two of one length share it. Two halves that may overlap need no loop.
#[inline]
fn short(value: &[u8]) -> Option<u64> {
    let halves = |first: [u8; 4], last: [u8; 4]| {
        u64::from(u32::from_le_bytes(first)) | u64::from(u32::from_le_bytes(last)) << 32
    };
    match *value {
        [] => Some(0),
        [a] => Some(halves([a, 0, 0, 0], [0; 4])),
        [a, b] => Some(halves([a, b, 0, 0], [0; 4])),
        [a, b, c] => Some(halves([a, b, c, 0], [0; 4])),
        [a, b, c, d, ..] if value.len() <= SHORT_BYTES => {
            value.last_chunk().map(|last| halves([a, b, c, d], *last))
        }
        _ => None,
    }
}

/// The finalizer of `MurmurHash3` (Appleby, public domain): each step can be undone, so different words stay different.
#[inline]
fn mixed(word: u64) -> u64 {
    let word = (word ^ word >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let word = (word ^ word >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    word ^ word >> 33
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Differs from `value` in few bits.
    fn neighbour(value: &[u8], at: usize, flip: u8) -> Vec<u8> {
        let mut other = value.to_vec();
        let length = other.len();
        if let Some(byte) = other.get_mut(at % length.max(1)) {
            *byte ^= flip;
        }
        other
    }

    proptest! {
        #[test]
        fn short_values_of_one_length_that_differ_have_different_keys(
            value in prop::collection::vec(any::<u8>(), 1..=SHORT_BYTES), at in 0..SHORT_BYTES, flip in 1_u8..=255,
        ) {
            let other = neighbour(&value, at, flip);
            prop_assert!(Key::of(&value).says_all());
            prop_assert_ne!(short(&value), short(&other));
            prop_assert_ne!(Key::of(&value), Key::of(&other));
        }
    }

    #[test]
    fn a_zero_byte_at_the_end_makes_another_key_and_nine_bytes_have_to_be_compared() {
        for length in 0..SHORT_BYTES {
            let short = vec![0; length];
            let longer = vec![0; length + 1];
            assert_ne!(Key::of(&short), Key::of(&longer), "{length}");
        }
        assert!(!Key::of(b"123456789").says_all());
    }

    #[test]
    fn values_of_two_lengths_have_two_hashes_also_where_their_halves_are_the_same() {
        assert_ne!(Key::of(b"abcd").hash, Key::of(b"abcdabcd").hash);
    }
}
