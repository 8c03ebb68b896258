//! JSON Pointers (RFC 6901).

/// The pointer to a member, which is a segment of a longer one (RFC 6901, section 3).
pub(super) fn pointer_to(member: &str) -> String {
    format!("/{}", member.replace('~', "~0").replace('/', "~1"))
}
