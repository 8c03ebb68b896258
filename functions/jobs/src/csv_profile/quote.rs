//! Finding a quote that is never closed: the CSV reader takes the end of the text for its end.

/// Offset of the quote that is still open at the end of `records`, if one is.
///
/// Reads quotes as the CSV reader does: one opens at the start of a field only, two inside stand for
/// one, and what follows a closing quote is plain text.
pub(crate) fn open_quote(records: &[u8], delimiter: u8) -> Option<usize> {
    let mut place = Place::FieldStart;
    for (offset, byte) in records.iter().copied().enumerate() {
        place = match (place, byte) {
            (Place::FieldStart, b'"') => Place::Quoted { opened_at: offset },
            (Place::Quoted { opened_at }, b'"') => Place::AfterQuote { opened_at },
            (quoted @ Place::Quoted { .. }, _) => quoted,
            (Place::AfterQuote { opened_at }, b'"') => Place::Quoted { opened_at },
            (_, b'\r' | b'\n') => Place::FieldStart,
            (_, other) if other == delimiter => Place::FieldStart,
            _ => Place::Plain,
        };
    }
    match place {
        Place::Quoted { opened_at } => Some(opened_at),
        Place::FieldStart | Place::Plain | Place::AfterQuote { .. } => None,
    }
}

#[derive(Clone, Copy)]
enum Place {
    FieldStart,
    Plain,
    Quoted { opened_at: usize },
    AfterQuote { opened_at: usize },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_quote_that_opens_a_field_and_is_not_closed_is_open() {
        let cases: [(&str, Option<usize>); 8] = [
            ("a,\"b", Some(2)),
            ("a,\"b\"\"", Some(2)),
            ("\"a\nb\",\"c\nd", Some(6)),
            ("a\n\"", Some(2)),
            ("a,\"b\"", None),
            ("a,b\"", None),
            ("\"a\"\"b\"", None),
            ("\"a\"b\"c", None),
        ];
        for (text, expected) in cases {
            assert_eq!(open_quote(text.as_bytes(), b','), expected, "{text:?}");
        }
    }
}
