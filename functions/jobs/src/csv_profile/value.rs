//! Reading one field as an integer, a number or a boolean.

use super::budget::SHOWN_BYTES;
use super::digits::Digits;

/// Longest number: all of it must be kept, and nobody writes longer ones.
const LONGEST_NUMBER_BYTES: usize = SHOWN_BYTES;

/// Powers of ten that an `f64` holds exactly.
const POWERS_OF_TEN: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// Decimal digits that always fit both a `u64` and the 53 bits of an `f64`.
const EXACT_DIGITS: usize = 15;

/// An `i64` in the one way it is printed: `0`, or digits that begin with another, a `-` before them.
///
/// So `00501`, `+5`, `-0` and `1_000` are none, and neither is what exceeds the range.
pub(crate) fn integer(field: &[u8]) -> Option<i64> {
    let (negative, digits) = sign(field);
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] => {}
        _ => return None,
    }
    if digits.len() > EXACT_DIGITS {
        return long_integer(field);
    }
    let all = Digits::of(digits);
    let value = i64::try_from(all.value).ok()?;
    let is_whole = all.count == digits.len();
    is_whole.then_some(if negative { -value } else { value })
}

/// An integer whose size has to be watched. The standard parser takes no more than `integer` lets pass.
fn long_integer(field: &[u8]) -> Option<i64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// A finite decimal number as JSON writes them (RFC 8259 section 6), or without the `0` before the
/// point (`.5`). What is too large for an `f64` is none; what is longer than 64 bytes, neither.
pub(crate) fn number(field: &[u8]) -> Option<f64> {
    if field.len() > LONGEST_NUMBER_BYTES {
        return None;
    }
    let (negative, unsigned) = sign(field);
    let whole = Digits::of(unsigned);
    let leading_zero = whole.count > 1 && unsigned.starts_with(b"0");
    let (places, all, rest) = fraction(whole, &unsigned[whole.count..])?;
    if leading_zero || whole.count + places == 0 || !is_exponent(rest) {
        return None;
    }
    if rest.is_empty() && whole.count + places <= EXACT_DIGITS {
        return Some(short_number(negative, all, places));
    }
    let value: f64 = std::str::from_utf8(field).ok()?.parse().ok()?;
    value.is_finite().then_some(value)
}

/// How many digits follow the point, what they make with those before it, and what follows. A point needs a digit behind it.
fn fraction(whole: Digits, text: &[u8]) -> Option<(usize, u64, &[u8])> {
    let [b'.', text @ ..] = text else {
        return Some((0, whole.value, text));
    };
    let all = whole.followed_by(text);
    (all.count > 0).then(|| (all.count, all.value, &text[all.count..]))
}

/// A number of so few digits that one division rounds it correctly.
fn short_number(negative: bool, digits: u64, places: usize) -> f64 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "15 digits fit the 53 bits of an f64"
    )]
    let value = digits as f64 / POWERS_OF_TEN[places];
    if negative { -value } else { value }
}

/// `true` or `false`, in any case.
pub(crate) fn boolean(field: &[u8]) -> Option<bool> {
    if field.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if field.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}

fn sign(field: &[u8]) -> (bool, &[u8]) {
    match field {
        [b'-', unsigned @ ..] => (true, unsigned),
        _ => (false, field),
    }
}

/// Whether `text` is an exponent with at least one digit, or nothing.
fn is_exponent(text: &[u8]) -> bool {
    let unsigned = match text {
        [] => return true,
        [b'e' | b'E', b'+' | b'-', unsigned @ ..] | [b'e' | b'E', unsigned @ ..] => unsigned,
        _ => return false,
    };
    !unsigned.is_empty() && unsigned.iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_integer_has_one_way_to_be_written() {
        for (text, value) in [
            ("0", 0),
            ("-7", -7),
            ("1234567890123456", 1_234_567_890_123_456),
            ("9223372036854775807", i64::MAX),
            ("-9223372036854775808", i64::MIN),
        ] {
            assert_eq!(integer(text.as_bytes()), Some(value), "{text}");
        }
        for text in [
            "",
            "-",
            "00501",
            "+5",
            "-0",
            "1.0",
            "1e3",
            " 1",
            "1_0",
            "9223372036854775808",
            "٣",
        ] {
            assert_eq!(integer(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn a_number_is_written_as_in_json() {
        for (text, value) in [
            ("1.5", 1.5),
            ("-0.25", -0.25),
            (".5", 0.5),
            ("-.5", -0.5),
            ("1e3", 1e3),
            ("2E-2", 0.02),
            ("1.5e+2", 150.0),
        ] {
            assert_eq!(number(text.as_bytes()), Some(value), "{text}");
        }
        for text in [
            "", "-", ".", "1.", "+1.5", "01.5", "NaN", "inf", "1e999", "1e", "1e+", "1,5", "0x10",
            "1.5 ", "--1",
        ] {
            assert_eq!(number(text.as_bytes()), None, "{text}");
        }
        assert_eq!(number("1".repeat(65).as_bytes()), None);
    }

    #[test]
    fn a_boolean_is_true_or_false_and_not_one_or_yes() {
        assert_eq!(
            [&b"TRUE"[..], b"False", b"1", b"yes", b"t"].map(boolean),
            [Some(true), Some(false), None, None, None]
        );
    }

    /// The rule itself, with the standard parser behind it.
    fn as_json_has_it(text: &str) -> Option<f64> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (
                mantissa,
                exponent.strip_prefix(['+', '-']).unwrap_or(exponent),
            ),
            None => (unsigned, "0"),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
        let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let is_whole = is_digits(whole) && (whole.len() < 2 || !whole.starts_with('0'));
        let has_digits = !fraction.is_empty() && !exponent.is_empty() && !mantissa.is_empty();
        let is_number = is_whole && has_digits && is_digits(fraction) && is_digits(exponent);
        let value: f64 = is_number.then(|| text.parse().ok())??;
        value.is_finite().then_some(value)
    }

    proptest! {
        #[test]
        fn what_is_no_number_by_the_rule_is_none(text in "[-+]?[0-9]{0,17}[.e0-9]{0,3}[0-9]{0,9}([eE][-+]?[0-9]{0,3})?[ -:]?") {
            prop_assert_eq!(number(text.as_bytes()), as_json_has_it(&text));
        }

        #[test]
        fn numbers_are_read_as_the_standard_library_reads_them(text in "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?") {
            prop_assert_eq!(number(text.as_bytes()), text.parse::<f64>().ok());
        }

        #[test]
        fn integers_are_those_that_print_as_they_are_written(text in "-?[0-9]{1,20}") {
            let expected = text.parse::<i64>().ok().filter(|value| value.to_string() == text);
            prop_assert_eq!(integer(text.as_bytes()), expected);
        }
    }
}
