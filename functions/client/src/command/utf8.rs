//! UTF-8 that arrives in pieces.

use std::str;

/// Finds the first invalid byte of a text that arrives in pieces.
#[derive(Debug, Default)]
pub(super) struct Utf8Check {
    lines_before: usize,
    /// The beginning of a character that the last piece has cut.
    cut: Vec<u8>,
}

impl Utf8Check {
    /// The next piece. Fails with the line of the first invalid byte, from 1.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), usize> {
        self.cut.extend_from_slice(piece);
        let Err(error) = str::from_utf8(&self.cut) else {
            self.lines_before += line_breaks(&self.cut);
            self.cut.clear();
            return Ok(());
        };
        let rest = self.cut.split_off(error.valid_up_to());
        self.lines_before += line_breaks(&self.cut);
        self.cut = rest;
        match error.error_len() {
            Some(_) => Err(self.lines_before + 1),
            None => Ok(()),
        }
    }

    /// The end of the text. Fails with its last line if that ends within a character.
    pub(super) fn end(&self) -> Result<(), usize> {
        if self.cut.is_empty() {
            return Ok(());
        }
        Err(self.lines_before + 1)
    }
}

/// The line of the first invalid byte of a text, from 1; `None` if it is UTF-8.
pub(super) fn invalid_line(text: &[u8]) -> Option<usize> {
    let mut check = Utf8Check::default();
    check.push(text).and_then(|()| check.end()).err()
}

fn line_breaks(text: &[u8]) -> usize {
    text.split(|byte| *byte == b'\n').count() - 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The invalid line of a text that arrives in pieces of every size.
    fn invalid(text: &[u8]) -> Option<usize> {
        let whole = invalid_line(text);
        for size in 1..=text.len() {
            let mut check = Utf8Check::default();
            let pushed = text.chunks(size).try_for_each(|piece| check.push(piece));
            assert_eq!(pushed.and_then(|()| check.end()).err(), whole, "{size}");
        }
        whole
    }

    #[test]
    fn a_character_may_be_cut_anywhere() {
        assert_eq!(invalid("city\nZürich\n東京 🎉\n".as_bytes()), None);
    }

    #[test]
    fn the_line_of_the_first_invalid_byte_is_found() {
        assert_eq!(invalid(b"city\nBern\nZ\xfcrich\n"), Some(3));
        assert_eq!(invalid(b"\xff"), Some(1));
    }

    #[test]
    fn a_text_that_ends_within_a_character_is_invalid() {
        assert_eq!(invalid(b"city\nZ\xc3"), Some(2));
    }
}
