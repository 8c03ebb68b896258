use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Stands for what was cut off; one column wide.
const CUT: char = '…';

/// Text that is safe on a terminal and stays on its line: every run of white space and control characters is one space.
pub fn printable(text: &str) -> String {
    let words = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    words.collect::<Vec<_>>().join(" ")
}

/// How many columns of a terminal a text takes.
pub fn columns(text: &str) -> usize {
    text.width()
}

/// The text, or as much of its beginning as fits `width` columns together with a `…`.
pub fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut room = width.saturating_sub(1);
    let mut kept = String::new();
    for c in text.chars() {
        let taken = c.width().unwrap_or(0);
        if taken > room {
            break;
        }
        room -= taken;
        kept.push(c);
    }
    kept.push(CUT);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_fits_is_left_alone() {
        assert_eq!(cut("Anchorage", 9), "Anchorage");
    }

    #[test]
    fn a_cut_text_is_as_wide_as_it_may_be() {
        assert_eq!(cut("Anchorage", 8), "Anchora…");
        assert_eq!(cut("Anchorage", 1), "…");
        assert_eq!(
            cut("東京国際空港", 6),
            "東京…",
            "a wide character is not cut in half"
        );
    }

    #[test]
    fn what_could_move_the_cursor_becomes_a_space() {
        assert_eq!(printable("a\r\n\tb\u{1b}[2Jc "), "a b [2Jc");
    }
}
