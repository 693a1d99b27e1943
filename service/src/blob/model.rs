//! The values the blob store keeps: containers, policies, blobs, segments.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use uuid::Uuid;

use super::error::BlobError;

/// Media type of a blob whose writer named none.
pub(crate) const DEFAULT_CONTENT_TYPE: &str = "application/octet-stream";

/// An MD5 digest.
pub(crate) type Md5 = [u8; 16];

/// Entity tag of a container or of one version of a blob, as in `0x8D4BCC2E`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ETag(String);

impl ETag {
    /// Makes a tag that no earlier version had.
    pub(super) fn fresh() -> Self {
        let (high, _) = Uuid::new_v4().as_u64_pair();
        Self(format!("0x{high:016X}"))
    }

    /// Wraps a stored tag.
    pub(super) fn stored(tag: String) -> Self {
        Self(tag)
    }

    /// The tag without quotes.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The tag as an HTTP header value, with quotes.
    pub(crate) fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }
}

/// What is known about a container.
#[derive(Clone, Debug)]
pub(crate) struct ContainerInfo {
    /// Changes with every change of the container itself.
    pub(crate) etag: ETag,
    /// When the container or its policies last changed.
    pub(crate) last_modified: Timestamp,
}

/// What a SAS may do, as a set of letters from `rwdl`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Permissions(u8);

impl Permissions {
    /// Nothing at all.
    pub(crate) const NONE: Self = Self(0);
    /// Read blobs and their properties.
    pub(crate) const READ: Self = Self(1);
    /// Create and overwrite blobs, blocks, properties and metadata.
    pub(crate) const WRITE: Self = Self(2);
    /// Delete blobs.
    pub(crate) const DELETE: Self = Self(4);
    /// List the blobs of the container.
    pub(crate) const LIST: Self = Self(8);

    /// Every permission with its letter, in the order Azure demands.
    const LETTERS: [(char, Self); 4] =
        [('r', Self::READ), ('w', Self::WRITE), ('d', Self::DELETE), ('l', Self::LIST)];

    /// Whether all of `other` is contained in `self`.
    pub(crate) fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// What both sets allow.
    pub(crate) fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// What either set allows.
    pub(crate) fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Reads the letters of a `sp` parameter. Letters for operations this
    /// store does not have (`a`, `c`, `x`, `t`, …) grant nothing.
    pub(crate) fn from_letters(letters: &str) -> Self {
        Self::LETTERS
            .iter()
            .filter(|(letter, _)| letters.contains(*letter))
            .fold(Self::NONE, |all, (_, one)| all.union(*one))
    }
}

impl fmt::Display for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Self::LETTERS
            .iter()
            .filter(|(_, one)| self.contains(*one))
            .try_for_each(|(letter, _)| write!(f, "{letter}"))
    }
}

/// A stored access policy: what the SAS tokens that name it may do, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Policy {
    /// Valid from here on; `None` means at once.
    pub(crate) start: Option<Timestamp>,
    /// Valid until before this moment.
    pub(crate) expiry: Option<Timestamp>,
    /// What it allows.
    pub(crate) permissions: Permissions,
}

/// The properties a writer gives a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlobProperties {
    /// Media type returned with the bytes.
    pub(crate) content_type: String,
    /// `Content-Encoding` returned with the bytes.
    pub(crate) content_encoding: Option<String>,
    /// `Content-Language` returned with the bytes.
    pub(crate) content_language: Option<String>,
    /// `Content-Disposition` returned with the bytes.
    pub(crate) content_disposition: Option<String>,
    /// `Cache-Control` returned with the bytes.
    pub(crate) cache_control: Option<String>,
    /// MD5 of the whole blob, computed or claimed by the writer.
    pub(crate) content_md5: Option<Md5>,
    /// User metadata (`x-ms-meta-*`), by lower-case name.
    pub(crate) metadata: BTreeMap<String, String>,
}

impl BlobProperties {
    /// Properties of a blob about which only the media type is known.
    pub(crate) fn of_type(content_type: impl Into<String>) -> Self {
        Self {
            content_type: content_type.into(),
            content_encoding: None,
            content_language: None,
            content_disposition: None,
            cache_control: None,
            content_md5: None,
            metadata: BTreeMap::new(),
        }
    }
}

/// One committed version of a blob.
#[derive(Clone, Debug)]
pub(crate) struct BlobInfo {
    /// Name within the container.
    pub(crate) name: String,
    /// Length in bytes.
    pub(crate) size: u64,
    /// Changes with every write of bytes, properties or metadata.
    pub(crate) etag: ETag,
    /// First commit of this name.
    pub(crate) created: Timestamp,
    /// Last change.
    pub(crate) last_modified: Timestamp,
    /// What the writer said about the blob.
    pub(crate) properties: BlobProperties,
    /// Row of this version in the index; a commit always makes a new one.
    pub(super) version: i64,
}

impl BlobInfo {
    /// The number of the version, by which [`attachments`](super::BlobStore::attachments) are
    /// found. It changes with the bytes only.
    pub(crate) fn version(&self) -> i64 {
        self.version
    }
}

/// A run of bytes kept as one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    /// Where the bytes are.
    pub(super) object: ObjectKey,
    /// How many there are; never 0.
    pub(super) length: u64,
    /// Block it was uploaded as; `None` for the bytes of a Put Blob.
    pub(super) block: Option<String>,
}

/// A segment and its place in the blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlacedSegment {
    /// Offset of the first byte in the blob.
    pub(super) start: u64,
    /// Where the bytes are.
    pub(super) object: ObjectKey,
    /// How many there are.
    pub(super) length: u64,
}

/// Key of an object. Keys are generated and never contain anything a client
/// said, so no name can reach outside of the store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ObjectKey(String);

impl ObjectKey {
    /// Folder of all segments in the object store.
    pub(super) const PREFIX: &'static str = "segments";

    /// Makes a new key. Two hex digits spread the objects over 256 folders.
    pub(super) fn fresh() -> Self {
        let id = Uuid::new_v4();
        let (shard, _) = id.as_u64_pair();
        Self(format!("{}/{:02x}/{id}", Self::PREFIX, shard >> 56))
    }

    /// Wraps a stored key.
    pub(super) fn stored(key: String) -> Self {
        Self(key)
    }

    /// The key as text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as the object store wants it.
    pub(super) fn path(&self) -> object_store::path::Path {
        object_store::path::Path::from(self.0.as_str())
    }
}

/// What is kept beside a version of a blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AttachmentKind {
    /// The sample index of an MP4 file.
    SampleIndex,
}

impl AttachmentKind {
    /// Its name in the index.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::SampleIndex => "sample index",
        }
    }
}

/// Something that is kept beside a version of a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Attachment {
    /// Where the bytes are.
    pub(super) object: ObjectKey,
    /// How many there are.
    pub(crate) length: u64,
}

/// One page of a listing.
#[derive(Clone, Debug, Default)]
pub(crate) struct ListPage {
    /// Blobs in byte order of their names.
    pub(crate) blobs: Vec<BlobInfo>,
    /// Common prefixes up to the delimiter, in byte order.
    pub(crate) prefixes: Vec<String>,
    /// Where the next page begins; `None` on the last page.
    pub(crate) next: Option<ListMarker>,
}

/// Where a listing goes on. Opaque to clients, hence base64 in its text form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ListMarker(pub(super) String);

impl fmt::Display for ListMarker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        use base64::Engine as _;
        f.write_str(&base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(&self.0))
    }
}

/// The text is not a marker this store gave out.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a marker of an earlier page")]
pub(crate) struct InvalidMarker;

impl FromStr for ListMarker {
    type Err = InvalidMarker;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        use base64::Engine as _;
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(text)
            .ok()
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .map(Self)
            .ok_or(InvalidMarker)
    }
}

/// Checks the id of a stored access policy (Azure: at most 64 characters).
pub(super) fn check_policy_id(id: &str) -> Result<(), BlobError> {
    if id.is_empty() || id.chars().count() > 64 {
        Err(BlobError::InvalidPolicyId(id.to_owned()))
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permission_letters_round_trip_in_azure_order() {
        assert_eq!(Permissions::from_letters("lwxr").to_string(), "rwl");
        assert_eq!(Permissions::from_letters("ac"), Permissions::NONE);
    }

    #[test]
    fn markers_survive_any_name() {
        let marker = ListMarker("a/ü\u{10ffff}".to_owned());
        assert_eq!(marker.to_string().parse(), Ok(marker));
        assert_eq!("%%%".parse::<ListMarker>(), Err(InvalidMarker));
    }
}
