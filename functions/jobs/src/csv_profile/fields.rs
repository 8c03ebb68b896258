//! Cutting a record into its fields, in place.

use std::ops::{ControlFlow, Range};

use super::scan::Wanted;

/// What stands around a field, and what would be inside it.
const QUOTE: u8 = b'"';

/// The fields of one record at a time.
///
/// A quote opens at the start of a field only, two inside stand for one, and what follows a closing quote is plain text: as the
/// `csv` crate reads them. A field is where it stands in the text, unless quotes have to be taken out of its middle.
pub(crate) struct Fields {
    delimiter: u8,
    ends: Wanted,
    places: Vec<Place>,
    copies: Vec<u8>,
}

/// Where a field stands.
enum Place {
    InText(Range<usize>),
    InCopies(Range<usize>),
}

impl Fields {
    pub(crate) fn new(delimiter: u8) -> Self {
        Self {
            delimiter,
            ends: Wanted::new([delimiter, b'\r', b'\n']),
            places: Vec::new(),
            copies: Vec::new(),
        }
    }

    /// Forgets the record before.
    pub(crate) fn clear(&mut self) {
        self.places.clear();
        self.copies.clear();
    }

    /// Takes in the field that begins at `start`. Answers where the next one begins, or that the record is over, and where: at a
    /// line end or the end of the text.
    pub(crate) fn read(&mut self, text: &[u8], start: usize) -> ControlFlow<usize, usize> {
        let (place, end) = if text.get(start) == Some(&QUOTE) {
            self.quoted(text, start + 1)
        } else {
            let end = self.ends.find(text, start);
            (Place::InText(start..end), end)
        };
        self.places.push(place);
        if text.get(end) == Some(&self.delimiter) {
            ControlFlow::Continue(end + 1)
        } else {
            ControlFlow::Break(end)
        }
    }

    /// A field whose quote stands before `start`, and its end.
    fn quoted(&mut self, text: &[u8], start: usize) -> (Place, usize) {
        let closing = quote(text, start);
        let after = text.len().min(closing + 1);
        if text.get(after) != Some(&QUOTE) {
            let end = self.ends.find(text, after);
            if end == after {
                return (Place::InText(start..closing), end);
            }
        }
        self.copied(text, start, closing)
    }

    /// A field with more in it than what its first two quotes enclose.
    fn copied(&mut self, text: &[u8], start: usize, mut closing: usize) -> (Place, usize) {
        let (begin, mut from) = (self.copies.len(), start);
        loop {
            self.copies.extend_from_slice(&text[from..closing]);
            from = text.len().min(closing + 1);
            if text.get(from) != Some(&QUOTE) {
                break;
            }
            closing = quote(text, from + 1);
        }
        let end = self.ends.find(text, from);
        self.copies.extend_from_slice(&text[from..end]);
        (Place::InCopies(begin..self.copies.len()), end)
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// First to last, without their quotes. `text` is the one that they were read from.
    pub(crate) fn iter<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = &'a [u8]> {
        self.places.iter().map(move |place| match place {
            Place::InText(range) => &text[range.start..range.end],
            Place::InCopies(range) => &self.copies[range.start..range.end],
        })
    }
}

/// Where the next quote stands: the end of the text if there is none.
fn quote(text: &[u8], start: usize) -> usize {
    Wanted::new([QUOTE; 3]).find(text, start)
}
