//! Reading decimal digits, eight at a time.

/// `0x01` in each byte.
const ONES: u64 = u64::MAX / 255;

/// The digits that a text begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Digits {
    /// How many there are.
    pub(crate) count: usize,
    /// The number that they make: modulo 2^64, so it is right for up to 19 of them.
    pub(crate) value: u64,
}

impl Digits {
    /// The digits at the start of `text`.
    #[inline]
    pub(crate) fn of(text: &[u8]) -> Self {
        Self { count: 0, value: 0 }.followed_by(text)
    }

    /// The digits at the start of `text`; their value is that of these with those behind them.
    #[inline]
    pub(crate) fn followed_by(self, text: &[u8]) -> Self {
        let (mut count, mut value) = (0, self.value);
        let eight_at = |count| text.get(count..)?.first_chunk().copied().and_then(eight);
        while let Some(digits) = eight_at(count) {
            value = value.wrapping_mul(100_000_000).wrapping_add(digits);
            count += 8;
        }
        while let Some(byte @ b'0'..=b'9') = text.get(count) {
            value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
            count += 1;
        }
        Self { count, value }
    }
}

/// The value of eight digits, if that is what they are: neighbours are put together to numbers of two, four and eight digits.
#[inline]
fn eight(text: [u8; 8]) -> Option<u64> {
    let digits = u64::from_le_bytes(text) ^ (ONES * u64::from(b'0'));
    // Above nine, a byte reaches its highest bit with this, or has had it before; below, none carries into the next.
    let above_nine = digits | digits.wrapping_add(ONES * (0x7f - 9));
    if above_nine & (ONES << 7) != 0 {
        return None;
    }
    let twos = (digits * 10 + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (twos * 100 + (twos >> 16)) & 0x0000_ffff_0000_ffff;
    Some((fours & 0xffff) * 10_000 + (fours >> 32))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one_by_one(text: &[u8]) -> Digits {
        let digits = text.iter().take_while(|byte| byte.is_ascii_digit());
        Digits {
            count: digits.clone().count(),
            value: digits.fold(0, |value, byte| value * 10 + u64::from(byte - b'0')),
        }
    }

    #[test]
    fn eight_bytes_are_digits_only_if_each_one_is() {
        assert_eq!(eight(*b"00000000"), Some(0));
        assert_eq!(eight(*b"12345678"), Some(12_345_678));
        assert_eq!(eight(*b"99999999"), Some(99_999_999));
        for place in 0..8 {
            for byte in (0..=255_u8).filter(|byte| !byte.is_ascii_digit()) {
                for other in *b"09" {
                    let mut text = [other; 8];
                    text[place] = byte;
                    assert_eq!(eight(text), None, "{}", text.escape_ascii());
                }
            }
        }
    }

    proptest! {
        #[test]
        fn digits_are_read_as_one_by_one(text in "[0-9]{0,19}([^0-9][0-9]{0,9})?") {
            prop_assert_eq!(Digits::of(text.as_bytes()), one_by_one(text.as_bytes()));
        }

        #[test]
        fn what_follows_stands_behind(first in "[0-9]{0,9}", then in "[0-9]{0,10}") {
            let both = Digits::of(first.as_bytes()).followed_by(then.as_bytes());
            prop_assert_eq!(both.count, then.len());
            prop_assert_eq!(both.value, one_by_one((first + &then).as_bytes()).value);
        }
    }
}
