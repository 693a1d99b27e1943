//! Whether two chunks saw the same pictures where they meet.
//!
//! Decoding from a key frame in the middle of a file yields what decoding from its beginning does,
//! unless the file's index or the stream itself says otherwise: leading frames of open GOPs,
//! recovery points that are none, filters that remember. Instead of knowing all of them, each chunk
//! hashes the decoded frames at both of its edges, also the first ones of the chunk behind it, and
//! both must have the same. ffmpeg's `framehash` format is described in its manual of formats.

use std::collections::BTreeMap;

use crate::encode::plan::Cut;
use crate::encode::plan::chunks::SEAM_FRAMES;

/// Hashes of frames by their number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Hashes(BTreeMap<u64, String>);

impl Hashes {
    /// Reads what ffmpeg wrote about the chunk `cut`: frames are counted from its first one. What
    /// is no hash of a frame is left out, and then missed.
    pub(super) fn parse(text: &str, cut: &Cut) -> Self {
        let hash = |line: &str| {
            let mut fields = line.split(',').map(str::trim);
            // Stream, decode time, time, duration, size, hash.
            let frame: u64 = fields.nth(2)?.parse().ok()?;
            let hash = fields.nth(2).filter(|hash| !hash.is_empty())?;
            Some((cut.first.checked_add(frame)?, hash.to_owned()))
        };
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        Self(lines.filter_map(hash).collect())
    }

    /// Whether a chunk and the one behind it, which begins with frame `at`, go together.
    pub(super) fn meet(&self, behind: &Self, at: u64) -> bool {
        let seen = |hashes: &Self| -> Vec<(u64, String)> {
            let frames = hashes.0.range(at..at.saturating_add(SEAM_FRAMES));
            frames.map(|(number, hash)| (*number, hash.clone())).collect()
        };
        let seen = (seen(self), seen(behind));
        // The last chunk may be shorter than the seam.
        seen.0 == seen.1 && seen.0.first().is_some_and(|(number, _)| *number == at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encode::preset::Rational;

    fn hashes(first: u64, lines: &[(u64, &str)]) -> Hashes {
        let cut =
            Cut { first, end: None, followed: true, frame_rate: Rational { num: 25, den: 1 } };
        let mut text = "#format: frame checksums\n#tb 0: 1/25\n".to_owned();
        for (frame, hash) in lines {
            text.push_str(&format!("0, {frame:>10}, {frame:>10},  1,  86400, {hash}\n"));
        }
        Hashes::parse(&text, &cut)
    }

    #[test]
    fn chunks_meet_where_all_frames_are_alike() {
        let before = hashes(100, &[(0, "x"), (1, "x"), (50, "a"), (51, "b"), (52, "c")]);
        let meets = |lines: &[(u64, &str)]| before.meet(&hashes(150, lines), 150);
        assert!(meets(&[(0, "a"), (1, "b"), (2, "c"), (50, "z")]));
        assert!(!meets(&[(0, "a"), (1, "b"), (2, "d")]));
        assert!(!meets(&[(0, "a"), (1, "b")]));
        assert!(!meets(&[]));
        // Neither has seen anything.
        assert!(!hashes(0, &[]).meet(&hashes(150, &[]), 150));
        // A last chunk of one frame.
        let before = hashes(100, &[(50, "a")]);
        assert!(before.meet(&hashes(150, &[(0, "a")]), 150));
    }

    #[test]
    fn nonsense_is_no_hash() {
        let cut = Cut {
            first: u64::MAX,
            end: None,
            followed: true,
            frame_rate: Rational { num: 25, den: 1 },
        };
        for text in ["", "0", "0,0,x,1,1,a", "0,0,1,1,1,a", "0,0,0,1,1,"] {
            assert_eq!(Hashes::parse(text, &cut), Hashes::default(), "{text}");
        }
    }
}
