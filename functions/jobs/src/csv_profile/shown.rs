//! Values as a result shows them: short.

use super::budget::SHOWN_BYTES;

/// A value as text; what takes more than [`SHOWN_BYTES`] in JSON is cut and ends in `…`.
pub(crate) fn shown(value: &[u8]) -> String {
    // All text was checked to be UTF-8; a kept prefix may end inside a character.
    let text = match std::str::from_utf8(value) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&value[..error.valid_up_to()]).unwrap_or_default(),
    };
    let mut bytes = 0;
    for (offset, character) in text.char_indices() {
        bytes += bytes_in_json(character);
        if bytes > SHOWN_BYTES {
            return format!("{}…", &text[..offset]);
        }
    }
    if text.len() < value.len() {
        format!("{text}…")
    } else {
        text.to_owned()
    }
}

/// How many bytes a JSON string needs for a character.
fn bytes_in_json(character: char) -> usize {
    match character {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => 6,
        other => other.len_utf8(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_shown_whole_and_the_rest_is_cut() {
        let full = "x".repeat(SHOWN_BYTES);
        assert_eq!(shown(full.as_bytes()), full);
        assert_eq!(
            shown("x".repeat(SHOWN_BYTES + 1).as_bytes()),
            format!("{full}…")
        );
    }

    #[test]
    fn no_character_is_cut_in_two() {
        let text = format!("x{}", "é".repeat(SHOWN_BYTES));
        let kept = &text.as_bytes()[..=SHOWN_BYTES];
        assert_eq!(
            shown(kept),
            format!("x{}…", "é".repeat((SHOWN_BYTES - 1) / 2))
        );
    }

    #[test]
    fn the_json_form_of_any_character_is_as_long_as_assumed() {
        for character in ('\0'..='\u{ff}').chain(['€', '\u{2028}', '😀', '\u{7f}']) {
            let json = serde_json::to_string(&character).unwrap();
            assert_eq!(json.len() - 2, bytes_in_json(character), "{character:?}");
        }
    }
}
