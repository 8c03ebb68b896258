//! The records of a CSV text, read in place.

use csv_core::ReadRecordResult;

use super::budget::{LONGEST_ROW_BYTES, MAX_COLUMNS};
use super::malformed::{Malformed, Problem};
use super::options::Delimiter;
use super::quote::open_quote;

/// What some programs put before a UTF-8 text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Bytes checked to be UTF-8 at a time: small enough to still be in the cache when they are parsed.
const CHECKED_BYTES: usize = 64 << 10;

/// Reads records one after the other; its buffers are those of one record.
pub(crate) struct Records<'text> {
    text: &'text [u8],
    delimiter: u8,
    reader: csv_core::Reader,
    position: usize,
    known_utf8: usize,
    fields: Vec<u8>,
    ends: Vec<usize>,
}

/// One record: its fields without their quotes, and where in the text it begins.
pub(crate) struct Record<'buffer> {
    fields: &'buffer [u8],
    ends: &'buffer [usize],
    /// Offset of its first byte; line ends before it may be included (see [`Records::fail_at`]).
    pub(crate) start: usize,
}

impl<'text> Records<'text> {
    pub(crate) fn new(text: &'text [u8], delimiter: Delimiter) -> Self {
        let position = if text.starts_with(BYTE_ORDER_MARK) {
            BYTE_ORDER_MARK.len()
        } else {
            0
        };
        Self {
            text,
            delimiter: delimiter.byte(),
            reader: csv_core::ReaderBuilder::new()
                .delimiter(delimiter.byte())
                .build(),
            position,
            known_utf8: position,
            fields: vec![0; 4 << 10],
            // One more than allowed, and one more still because the reader stops when all are taken.
            ends: vec![0; MAX_COLUMNS + 2],
        }
    }

    /// How many bytes have been read.
    pub(crate) fn position(&self) -> usize {
        self.position
    }

    /// The next record, or nothing at the end of the text.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, Malformed> {
        let start = self.position;
        let Some((length, count)) = self.read(start)? else {
            return Ok(None);
        };
        self.check_utf8()?;
        self.check_closed(start)?;
        let (Some(fields), Some(ends)) = (self.fields.get(..length), self.ends.get(..count)) else {
            return Ok(None);
        };
        Ok(Some(Record {
            fields,
            ends,
            start,
        }))
    }

    /// Fills the buffers; answers the bytes and the fields in them.
    fn read(&mut self, start: usize) -> Result<Option<(usize, usize)>, Malformed> {
        let (mut length, mut count) = (0, 0);
        loop {
            let (result, read, written, ended) = self.reader.read_record(
                &self.text[self.position..],
                &mut self.fields[length..],
                &mut self.ends[count..],
            );
            self.position += read;
            length += written;
            count += ended;
            match result {
                ReadRecordResult::Record if count > MAX_COLUMNS => {
                    return Err(self.fail_at(start, Problem::TooManyColumns));
                }
                ReadRecordResult::Record => return Ok(Some((length, count))),
                ReadRecordResult::OutputFull if length < LONGEST_ROW_BYTES => {
                    self.fields.resize(self.fields.len() * 2, 0);
                }
                ReadRecordResult::OutputFull => {
                    return Err(self.fail_at(start, Problem::RowTooLong));
                }
                ReadRecordResult::OutputEndsFull => {
                    return Err(self.fail_at(start, Problem::TooManyColumns));
                }
                // Asked once more with nothing left, the reader answers with the last record.
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::End => return Ok(None),
            }
        }
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

impl<'buffer> Record<'buffer> {
    /// How many fields it has; at least one.
    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Its fields, first to last.
    pub(crate) fn fields(&self) -> impl Iterator<Item = &'buffer [u8]> {
        let fields = self.fields;
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let field = fields.get(start..*end).unwrap_or_default();
            start = *end;
            field
        })
    }
}
