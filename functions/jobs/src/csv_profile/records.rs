//! The records of a CSV text, read in place.

use std::ops::ControlFlow;

use super::budget::{LONGEST_ROW_BYTES, MAX_COLUMNS};
use super::fields::Fields;
use super::malformed::{Malformed, Problem};
use super::options::Delimiter;
use super::quote::open_quote;

/// What some programs put before a UTF-8 text, and some twice.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes checked to be UTF-8 at a time: small enough to still be in the cache when they are parsed.
const CHECKED_BYTES: usize = 64 << 10;

/// Reads records one after the other; its buffers are those of one record.
pub(crate) struct Records<'text> {
    text: &'text [u8],
    delimiter: u8,
    position: usize,
    known_utf8: usize,
    fields: Fields,
}

/// One record: its fields without their quotes, and where in the text it begins.
pub(crate) struct Record<'records> {
    text: &'records [u8],
    fields: &'records Fields,
    /// Offset of its first byte; line ends before it may be included (see [`Records::fail_at`]).
    pub(crate) start: usize,
}

impl<'text> Records<'text> {
    pub(crate) fn new(text: &'text [u8], delimiter: Delimiter) -> Self {
        let mut position = 0;
        while text[position..].starts_with(BYTE_ORDER_MARK) {
            position += BYTE_ORDER_MARK.len();
        }
        Self {
            text,
            delimiter: delimiter.byte(),
            position,
            known_utf8: position,
            fields: Fields::new(delimiter.byte()),
        }
    }

    /// How many bytes have been read.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The next record, or nothing at the end of the text.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, Malformed> {
        let start = self.position;
        self.skip_line_ends();
        if self.position == self.text.len() {
            return Ok(None);
        }
        self.read(start)?;
        self.check_utf8()?;
        self.check_closed(start)?;
        Ok(Some(Record {
            text: self.text,
            fields: &self.fields,
            start,
        }))
    }

    /// Blank lines are no records.
    fn skip_line_ends(&mut self) {
        while let Some(b'\r' | b'\n') = self.text.get(self.position) {
            self.position += 1;
        }
    }

    /// Reads the record that begins here. Of a CR LF at its end the LF is left to the next.
    fn read(&mut self, start: usize) -> Result<(), Malformed> {
        self.fields.clear();
        let mut at = self.position;
        let end = loop {
            let read = self.fields.read(self.text, at);
            if self.fields.len() > MAX_COLUMNS {
                return Err(self.fail_at(start, Problem::TooManyColumns));
            }
            match read {
                ControlFlow::Continue(next) => at = next,
                ControlFlow::Break(end) => break end,
            }
        };
        if end - self.position > LONGEST_ROW_BYTES {
            return Err(self.fail_at(start, Problem::RowTooLong));
        }
        self.position = self.text.len().min(end + 1);
        Ok(())
    }

    /// Makes sure that all bytes read so far are UTF-8.
    fn check_utf8(&mut self) -> Result<(), Malformed> {
        while self.known_utf8 < self.position {
            let end = (self.known_utf8 + CHECKED_BYTES).min(self.text.len());
            match std::str::from_utf8(&self.text[self.known_utf8..end]) {
                Ok(_) => self.known_utf8 = end,
                // A character that only the end of this piece cuts in two.
                Err(error) if error.error_len().is_none() && end < self.text.len() => {
                    self.known_utf8 += error.valid_up_to();
                }
                Err(error) => {
                    let offset = self.known_utf8 + error.valid_up_to();
                    let byte = self.text[offset];
                    return Err(Problem::NotUtf8 { byte }.at(self.text, offset));
                }
            }
        }
        Ok(())
    }

    /// Makes sure that the last record does not end inside quotes.
    fn check_closed(&self, start: usize) -> Result<(), Malformed> {
        if self.position < self.text.len() {
            return Ok(());
        }
        match open_quote(&self.text[start..], self.delimiter) {
            Some(offset) => Err(Problem::OpenQuote.at(self.text, start + offset)),
            None => Ok(()),
        }
    }

    /// A problem with the record that begins at `start`.
    ///
    /// The reader leaves the LF of a CR LF and blank lines to the next record; its line is the one
    /// after them.
    pub(crate) fn fail_at(&self, start: usize, problem: Problem) -> Malformed {
        let is_line_end = |byte: &&u8| matches!(byte, b'\r' | b'\n');
        let skipped = self.text[start..].iter().take_while(is_line_end).count();
        problem.at(self.text, start + skipped)
    }

    /// The line of the record that begins at `start`.
    pub(crate) fn line_of(&self, start: usize) -> u64 {
        self.fail_at(start, Problem::NoRows).line
    }
}

impl<'records> Record<'records> {
    /// How many fields it has; at least one.
    pub(crate) fn len(&self) -> usize {
        self.fields.len()
    }

    /// Its fields, first to last.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &'records [u8]> + use<'records> {
        self.fields.iter(self.text)
    }
}

#[cfg(test)]
mod tests {
    use csv_core::{ReadRecordResult, Reader, ReaderBuilder};
    use proptest::prelude::*;

    use super::*;

    /// The records as the library reads them that the `csv` crate is made of.
    fn as_csv_core_reads(text: &[u8], delimiter: u8) -> Vec<Vec<Vec<u8>>> {
        let mut reader: Reader = ReaderBuilder::new().delimiter(delimiter).build();
        let (mut rest, mut records) = (text, Vec::new());
        let (mut bytes, mut ends) = ([0; 1_000], [0; 300]);
        let (mut written, mut ended) = (0, 0);
        loop {
            let (result, read, more, fields) =
                reader.read_record(rest, &mut bytes[written..], &mut ends[ended..]);
            rest = &rest[read..];
            (written, ended) = (written + more, ended + fields);
            match result {
                ReadRecordResult::Record => {
                    let starts = [0].into_iter().chain(ends);
                    let fields = starts.zip(ends).take(ended);
                    records.push(
                        fields
                            .map(|(start, end)| bytes[start..end].to_vec())
                            .collect(),
                    );
                    (written, ended) = (0, 0);
                }
                ReadRecordResult::End => return records,
                ReadRecordResult::InputEmpty => {}
                other => panic!("{other:?}"),
            }
        }
    }

    proptest! {
        #[test]
        fn records_are_those_that_csv_core_reads(
            text in "(\u{feff}){0,2}([ab;é\"]|,|\r?\n|\"\"|\",|,\"|[a-z]{7,20}){0,40}", semicolon in any::<bool>(),
        ) {
            let delimiter = if semicolon { ";" } else { "," };
            let mut records = Records::new(text.as_bytes(), delimiter.to_owned().try_into().unwrap());
            let mut ours = Vec::new();
            let is_open = loop {
                match records.next() {
                    Ok(Some(record)) => ours.push(record.fields().map(<[u8]>::to_vec).collect::<Vec<_>>()),
                    Ok(None) => break false,
                    Err(Malformed { problem: Problem::OpenQuote, .. }) => break true,
                    Err(other) => panic!("{other}"),
                }
            };
            // Our reader takes one mark away before csv-core would.
            let marked = text.strip_prefix('\u{feff}').unwrap_or(&text);
            let mut theirs = as_csv_core_reads(marked.as_bytes(), delimiter.as_bytes()[0]);
            // It takes the end of the text for the end of a quote.
            if is_open {
                theirs.pop();
            }
            prop_assert_eq!(ours, theirs);
        }
    }
}
