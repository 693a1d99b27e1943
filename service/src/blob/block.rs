//! Blocks: their ids, and how a block list turns into the segments of a blob.

use std::collections::BTreeMap;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};

use super::error::{BlobError, Result};
use super::model::Segment;

/// Most blocks a blob can be made of (Azure: "Put Block List").
pub(crate) const MAX_BLOCKS: usize = 50_000;

/// Accepts ids whose padding was lost on the way, as some clients strip it.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Id of a block: base64 of 1 to 64 bytes, kept in padded form so that equal
/// bytes are equal ids.
///
/// Azure wants all ids of a blob to have one length. That is not enforced:
/// known clients number their blocks without leading zeros.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BlockId(String);

impl BlockId {
    /// The id in base64.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for BlockId {
    type Err = BlobError;

    fn from_str(text: &str) -> Result<Self> {
        match LENIENT.decode(text.trim()) {
            Ok(bytes) if (1..=64).contains(&bytes.len()) => Ok(Self(STANDARD.encode(bytes))),
            _ => Err(BlobError::InvalidBlockId),
        }
    }
}

/// Where Put Block List is to look for a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BlockSource {
    /// Among the uploaded blocks, else in the blob.
    Latest,
    /// Among the uploaded blocks.
    Uncommitted,
    /// In the blob.
    Committed,
}

/// One entry of a block list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockRef {
    /// Which block.
    pub(crate) id: BlockId,
    /// Where to look for it.
    pub(crate) source: BlockSource,
}

/// The blocks of one blob.
#[derive(Clone, Debug, Default)]
pub(crate) struct BlockLists {
    /// Blocks of the committed blob, in their order.
    pub(crate) committed: Vec<Segment>,
    /// Uploaded blocks that wait for a Put Block List, in order of their ids.
    pub(crate) uncommitted: Vec<Segment>,
}

impl BlockLists {
    /// The segments a blob gets from `list`.
    ///
    /// # Errors
    /// [`BlobError::UnknownBlock`] when the list names a block that is not
    /// where it should be.
    pub(super) fn resolve(&self, list: &[BlockRef]) -> Result<Vec<Segment>> {
        let committed = by_id(&self.committed);
        let uncommitted = by_id(&self.uncommitted);
        list.iter()
            .map(|entry| {
                let id = entry.id.as_str();
                let found = match entry.source {
                    BlockSource::Latest => uncommitted.get(id).or_else(|| committed.get(id)),
                    BlockSource::Uncommitted => uncommitted.get(id),
                    BlockSource::Committed => committed.get(id),
                };
                found
                    .map(|segment| (*segment).clone())
                    .ok_or_else(|| BlobError::UnknownBlock(id.to_owned()))
            })
            .collect()
    }
}

fn by_id(segments: &[Segment]) -> BTreeMap<&str, &Segment> {
    segments.iter().filter_map(|segment| Some((segment.block.as_deref()?, segment))).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::super::model::ObjectKey;
    use super::*;

    fn segment(id: &str, object: &str) -> Segment {
        Segment { object: ObjectKey::stored(object.into()), length: 1, block: Some(id.into()) }
    }

    #[test]
    fn ids_are_canonical_and_bounded() {
        let padded: BlockId = "YQ==".parse().unwrap();
        let bare: BlockId = " YQ\n".parse().unwrap();
        assert_eq!(padded, bare);
        for bad in ["", "a", "****", &STANDARD.encode([0; 65])] {
            assert!(bad.parse::<BlockId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn sources_are_searched_as_told() {
        let lists = BlockLists {
            committed: vec![segment("YQ==", "old"), segment("Yg==", "b")],
            uncommitted: vec![segment("YQ==", "new")],
        };
        let pick = |id: &str, source| {
            let list = [BlockRef { id: id.parse().unwrap(), source }];
            lists.resolve(&list).map(|found| found[0].object.as_str().to_owned())
        };
        assert_eq!(pick("YQ==", BlockSource::Latest).unwrap(), "new");
        assert_eq!(pick("YQ==", BlockSource::Committed).unwrap(), "old");
        assert_eq!(pick("Yg==", BlockSource::Latest).unwrap(), "b");
        assert!(matches!(pick("Yg==", BlockSource::Uncommitted), Err(BlobError::UnknownBlock(_))));
    }
}
