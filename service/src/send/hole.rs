//! Zeros that stand for stretches of files.

use std::sync::LazyLock;

use bytes::Bytes;

/// The longest hole.
pub(super) const LONGEST: usize = 4 << 20;

/// Never touched, so it takes addresses and no memory.
static HOLE: LazyLock<&'static [u8]> = LazyLock::new(|| Vec::leak(vec![0; LONGEST]));

/// A hole of at most [`LONGEST`] bytes.
pub(super) fn of(length: usize) -> Bytes {
    Bytes::from_static(&HOLE[..length])
}

/// Whether bytes are a hole, or what is left of one.
pub(super) fn is(bytes: &[u8]) -> bool {
    HOLE.as_ptr_range().contains(&bytes.as_ptr()) && !bytes.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holes_are_told_from_other_zeros() {
        let mut hole = of(LONGEST);
        assert!(is(&hole));
        let _ = hole.split_to(LONGEST - 1);
        assert!(is(&hole));
        assert!(!is(&hole[1..]), "nothing of it is left");
        assert!(!is(&vec![0; LONGEST]));
    }
}
