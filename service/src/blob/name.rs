//! Rules for container and blob names.
//!
//! The container rule is Azure's ("Naming and referencing containers, blobs,
//! and metadata"). Blob names are hostile: they are only ever database values,
//! never paths, yet names that other tools would turn into a path outside of
//! their target folder are refused here as well.

use super::error::{BlobError, Result};

/// Longest blob name, in characters.
const MAX_BLOB_NAME: usize = 1024;

/// Checks a container name: 3 to 63 lower-case letters, digits and hyphens,
/// every hyphen between two letters or digits.
pub(crate) fn check_container(name: &str) -> Result<()> {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let well_formed = (3..=63).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--");
    if well_formed { Ok(()) } else { Err(BlobError::InvalidContainerName(name.to_owned())) }
}

/// Checks a blob name: 1 to 1024 characters, none of them a control character
/// or a character XML cannot hold, no backslash and no `.` or `..` segment.
pub(crate) fn check_blob(name: &str) -> Result<()> {
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.chars().count() > MAX_BLOB_NAME {
        "it has more than 1024 characters"
    } else if name.contains('\\') {
        "it has a backslash"
    } else if name.chars().any(|c| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}')) {
        "it has a control character"
    } else if name.split('/').any(|part| part == "." || part == "..") {
        "it has a . or .. segment"
    } else {
        return Ok(());
    };
    Err(BlobError::InvalidBlobName { name: name.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn container_names() {
        for good in ["asset-f438649c-1aa6-4a3b-8b5c-0a1b2c3d4e5f", "abc", "0a-b", &"a".repeat(63)] {
            assert!(check_container(good).is_ok(), "{good}");
        }
        for bad in ["", "ab", "Abc", "-abc", "abc-", "a--b", "a_b", "a.b", "$root", &"a".repeat(64)]
        {
            assert!(check_container(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn blob_names() {
        for good in
            ["BigBuckBunny.mp4", "a b/c//d", "ümlaut-日本.mp4", "...", "a..b", &"x".repeat(1024)]
        {
            assert!(check_blob(good).is_ok(), "{good}");
        }
        for bad in
            ["", "..", "a/../b", "./a", "a\\b", "a\0b", "a\nb", "a\u{ffff}", &"x".repeat(1025)]
        {
            assert!(check_blob(bad).is_err(), "{bad:?}");
        }
    }
}
