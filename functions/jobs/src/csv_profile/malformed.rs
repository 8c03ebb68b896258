//! Why a text is no CSV that can be profiled, and on which line.

use super::budget::{LONGEST_ROW_BYTES, MAX_COLUMNS};

/// A text that can't be profiled, however often it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("line {line} {problem}")]
pub struct Malformed {
    /// The physical line, from 1, as an editor counts: a quoted field that spans lines counts them
    /// all, and CR LF, LF and CR each end a line. Of a row that spans lines it is the first.
    pub line: u64,
    /// What is wrong there.
    pub problem: Problem,
}

/// What is wrong with a line. Reads on from "line 17 …".
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A row with more or fewer fields than the first record.
    #[error("has {} where line {first_line} has {first_fields}", counted(*fields))]
    Ragged {
        /// Fields of this row.
        fields: usize,
        /// The line of the first record: the header if there is one.
        first_line: u64,
        /// Fields of the first record.
        first_fields: usize,
    },
    /// A byte that is part of no UTF-8 character.
    #[error("is not UTF-8: byte {byte:#04x} is part of no character")]
    NotUtf8 {
        /// The byte.
        byte: u8,
    },
    /// The text has no row: it is empty, or a header is all there is.
    #[error("is where the text ends, and it has no rows")]
    NoRows,
    /// A quote that opens a field there is never closed.
    #[error("opens a quote that is never closed")]
    OpenQuote,
    /// More columns than [`MAX_COLUMNS`].
    #[error("has more than {MAX_COLUMNS} fields, the most that can be profiled")]
    TooManyColumns,
    /// A row longer than 1 MiB, which most often is a quote that was left open.
    #[error("begins a row of more than {LONGEST_ROW_BYTES} bytes: is a quote left open?")]
    RowTooLong,
}

impl Problem {
    /// This problem with the line that the byte at `offset` of `text` is on.
    pub(crate) fn at(self, text: &[u8], offset: usize) -> Malformed {
        Malformed {
            line: line_at(text, offset),
            problem: self,
        }
    }
}

fn counted(fields: usize) -> String {
    format!("{fields} field{}", if fields == 1 { "" } else { "s" })
}

/// The line, from 1, that the byte at `offset` is on. Looks at all bytes before it: for errors only.
pub(crate) fn line_at(text: &[u8], offset: usize) -> u64 {
    let before = text.get(..offset).unwrap_or(text);
    let mut line = 1;
    let mut bytes = before.iter().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\n' => line += 1,
            b'\r' if bytes.peek() != Some(&&b'\n') => line += 1,
            _ => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_line_end_counts_once() {
        let text = b"a\nb\r\nc\rd\n\ne";
        let line_of = |wanted| line_at(text, text.iter().position(|byte| *byte == wanted).unwrap());
        assert_eq!([b'a', b'b', b'c', b'd', b'e'].map(line_of), [1, 2, 3, 4, 6]);
    }

    #[test]
    fn a_message_is_a_sentence_that_names_the_line() {
        let ragged = Problem::Ragged {
            fields: 6,
            first_line: 1,
            first_fields: 7,
        };
        let malformed = Malformed {
            line: 17,
            problem: ragged,
        };
        assert_eq!(
            malformed.to_string(),
            "line 17 has 6 fields where line 1 has 7"
        );
    }
}
