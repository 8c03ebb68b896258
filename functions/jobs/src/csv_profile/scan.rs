//! Finding the next byte of a few kinds, eight bytes at a time.

/// `0x01` in each byte.
const ONES: u64 = u64::MAX / 255;

/// Three bytes to look for.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    bytes: [u8; 3],
}

impl Wanted {
    pub(crate) fn new(bytes: [u8; 3]) -> Self {
        Self { bytes }
    }

    /// Where in `text`, from `start` on, the first of them stands: the end of the text if none does.
    #[inline]
    pub(crate) fn find(self, text: &[u8], start: usize) -> usize {
        let mut at = start;
        while let Some(eight) = text.get(at..).and_then(<[u8]>::first_chunk) {
            let word = u64::from_le_bytes(*eight);
            let found = self
                .bytes
                .map(|byte| zeros(word ^ (ONES * u64::from(byte))));
            let found = found[0] | found[1] | found[2];
            if found != 0 {
                return at + found.trailing_zeros() as usize / 8;
            }
            at += 8;
        }
        let rest = text.get(at..).unwrap_or_default();
        let place = rest.iter().position(|byte| self.bytes.contains(byte));
        at + place.unwrap_or(rest.len())
    }
}

/// Marks each byte of `word` that is zero, in its highest bit. A byte above a zero may be marked as well, by the borrow: only
/// the lowest mark counts.
#[inline]
fn zeros(word: u64) -> u64 {
    word.wrapping_sub(ONES) & !word & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Neighbours of the wanted bytes, in value, are what a wrong mark would come from.
        #[test]
        fn the_first_wanted_byte_is_found_wherever_it_stands(
            text in prop::collection::vec(prop_oneof![3 => 0x29_u8..0x2f, 1 => 0x08_u8..0x0f, 1 => any::<u8>()], 0..40),
            start in 0_usize..40,
            bytes in prop_oneof![Just([b',', b'\n', b'\r']), any::<[u8; 3]>()],
        ) {
            let start = start.min(text.len());
            let expected = (start..text.len()).find(|at| bytes.contains(&text[*at]));
            prop_assert_eq!(Wanted::new(bytes).find(&text, start), expected.unwrap_or(text.len()));
        }
    }
}
