//! The place of a value in an input, as a JSON Pointer (RFC 6901).

/// Returns the pointer to a member (RFC 6901, section 3), which is also a segment of a longer one.
#[must_use]
pub fn pointer_to(member: &str) -> String {
    format!("/{}", member.replace('~', "~0").replace('/', "~1"))
}

/// Maximum length of a pointer that an error shows, in characters. Names of members can have a million.
const MAX_CHARS: usize = 400;

/// The place of a value: a list from the value outwards, on the stack of the check. Only an error makes a pointer of it.
#[derive(Clone, Copy)]
pub(super) enum Place<'a> {
    /// The input itself.
    Root,
    /// A member of the value at a place.
    Member(&'a Place<'a>, &'a str),
    /// An item of the value at a place.
    Item(&'a Place<'a>, usize),
}

impl Place<'_> {
    /// The JSON Pointer (RFC 6901), up to [`MAX_CHARS`].
    pub(super) fn pointer(&self) -> String {
        let mut pointer = String::new();
        self.write(&mut pointer);
        pointer
    }

    fn write(&self, pointer: &mut String) {
        let segment = match self {
            Self::Root => return,
            Self::Member(outer, name) => {
                outer.write(pointer);
                let end = name.char_indices().nth(MAX_CHARS);
                pointer_to(end.map_or(name, |(end, _)| &name[..end]))
            }
            Self::Item(outer, index) => {
                outer.write(pointer);
                format!("/{index}")
            }
        };
        if pointer.len() < MAX_CHARS {
            pointer.push_str(&segment);
        }
    }
}

/// An upload that an input names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedUpload {
    /// The place in the input: a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// Its id, as the client wrote it.
    pub id: String,
}
