//! How fragments are sent: as they lie in a file, through a cipher, or encrypted sample by sample.

use packager::Fragment;
use packager::protect::{EnvelopeEncryptor, SampleEncryptor};
use packager::ts::Segment;

use super::content::{Content, FileContent};
use super::encrypted::EncryptedContent;
use super::enveloped::EnvelopedContent;
use super::transport::SegmentContent;
use super::{Origin, OriginError};
use crate::keys::FileReader;
use crate::send::Part;

/// A fragment that is made of one file, and what is to be done with it.
pub(super) enum Cut {
    /// It is sent as it is.
    Clear(Fragment),
    /// It is encrypted as a whole.
    Envelope(Fragment, Box<EnvelopeEncryptor>),
    /// Its samples are encrypted.
    Samples(Box<SampleEncryptor>),
}

impl Cut {
    /// The fragment without its encryption.
    pub(super) fn fragment(&self) -> &Fragment {
        match self {
            Self::Clear(fragment) | Self::Envelope(fragment, _) => fragment,
            Self::Samples(encryptor) => encryptor.fragment(),
        }
    }
}

/// What a fragment of a file is sent as.
pub(super) async fn content(
    origin: &Origin,
    file: FileReader,
    cut: Cut,
) -> Result<Content, OriginError> {
    Ok(match cut {
        Cut::Clear(fragment) => clear(&file, fragment),
        Cut::Envelope(fragment, encryptor) => {
            EnvelopedContent::new(clear(&file, fragment), *encryptor).into()
        }
        Cut::Samples(encryptor) => EncryptedContent::new(origin, file, encryptor).await?.into(),
    })
}

/// What a segment of a transport stream is sent as, which is made of some files.
pub(super) fn segment(
    files: &[FileReader],
    segment: Segment,
    encryptor: Option<Box<EnvelopeEncryptor>>,
) -> Content {
    let content = SegmentContent::new(segment, files).into();
    match encryptor {
        None => content,
        Some(encryptor) => EnvelopedContent::new(content, *encryptor).into(),
    }
}

/// A fragment: its head, then what it names of the file.
fn clear(file: &FileReader, fragment: Fragment) -> Content {
    let mut parts = vec![Part::Bytes(fragment.head)];
    parts.extend(fragment.ranges.into_iter().map(Part::Range));
    FileContent::fragment(file.file(), parts).into()
}
