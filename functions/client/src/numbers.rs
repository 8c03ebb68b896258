/// An integer with thousands separators: `3,376`.
pub fn thousands(number: u64) -> String {
    separated(&number.to_string())
}

/// A computed number to about five significant digits, with thousands separators: `40.037`, `-98.621`, `24,518.3`.
/// Very large and very small ones are written with an exponent.
pub fn decimal(number: f64) -> String {
    let size = number.abs();
    if size != 0.0 && !(1e-3..1e12).contains(&size) {
        return format!("{number:.3e}");
    }
    let places = if size >= 10_000.0 {
        1
    } else if size >= 1_000.0 {
        2
    } else {
        3
    };
    let text = format!("{number:.places$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let (sign, digits) = whole
        .strip_prefix('-')
        .map_or(("", whole), |digits| ("-", digits));
    let fraction = fraction.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{point}{fraction}", separated(digits))
}

fn separated(digits: &str) -> String {
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.char_indices() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_separated() {
        let written: Vec<_> = [0, 999, 1_000, 3_376, 1_234_567].map(thousands).into();

        assert_eq!(written, ["0", "999", "1,000", "3,376", "1,234,567"]);
    }

    #[test]
    fn decimals_keep_about_five_digits() {
        let written: Vec<_> = [40.036_524, -98.621, 24_518.349, 5.0, 0.0, 0.125, -1234.5]
            .map(decimal)
            .into();

        assert_eq!(
            written,
            [
                "40.037", "-98.621", "24,518.3", "5", "0", "0.125", "-1,234.5"
            ]
        );
    }

    #[test]
    fn numbers_of_another_scale_have_an_exponent() {
        assert_eq!(decimal(1.5e15), "1.500e15");
        assert_eq!(decimal(-0.000_123_4), "-1.234e-4");
    }
}
