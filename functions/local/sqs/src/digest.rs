//! The MD5 digests by which the SDKs check what arrived, as the developer guide defines them.

use md5::{Digest as _, Md5};

/// `MD5OfMessageBody`, in lower-case hexadecimal digits.
pub(super) fn body_digest(body: &str) -> String {
    hex(Md5::new_with_prefix(body))
}

/// `MD5OfMessageSystemAttributes` of a message whose only system attribute is this string.
pub(super) fn attribute_digest(name: &str, value: &str) -> String {
    let mut md5 = Md5::new();
    add(&mut md5, name);
    add(&mut md5, "String");
    // The transport type of a string; 2 would be binary.
    md5.update([1]);
    add(&mut md5, value);
    hex(md5)
}

fn add(md5: &mut Md5, part: &str) {
    // A request is at most 12 MiB, so its parts' lengths fit.
    md5.update(u32::try_from(part.len()).unwrap_or(u32::MAX).to_be_bytes());
    md5.update(part);
}

fn hex(md5: Md5) -> String {
    format!("{:032x}", u128::from_be_bytes(md5.finalize().into()))
}
