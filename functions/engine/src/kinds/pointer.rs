//! JSON Pointers (RFC 6901).

/// Returns the pointer to a member (RFC 6901, section 3), which is also a segment of a longer one.
#[must_use]
pub fn pointer_to(member: &str) -> String {
    format!("/{}", member.replace('~', "~0").replace('/', "~1"))
}
