//! Parsing of inputs.

use serde_path_to_error::Segment;

use super::place::pointer_to;
use crate::{Invalid, Job};

/// Parses an input. An error names the place.
///
/// A list is refused first: serde would read the fields of a type from it by their order, but an input has names.
pub(crate) fn read<J: Job>(input: &str) -> Result<J, Invalid> {
    if input.trim_start().starts_with('[') {
        return Err(Invalid::new("", "must be an object, not an array"));
    }
    let mut json = serde_json::Deserializer::from_str(input);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let pointer = error.path().iter().map(pointer_segment).collect::<String>();
        Invalid {
            pointer,
            detail: plain(&error.inner().to_string()),
        }
    })
}

fn pointer_segment(segment: &Segment) -> String {
    match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => pointer_to(key),
        Segment::Enum { variant } => format!("/{variant}"),
        Segment::Unknown => String::new(),
    }
}

/// The message of serde without the position in the text, because a pointer gives the place.
fn plain(message: &str) -> String {
    message
        .split_once(" at line ")
        .map_or(message, |(message, _)| message)
        .to_owned()
}
