//! What has to be read before a fragment can be made.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::Error;
use crate::fragment::Cut;
use crate::located::Located;
use crate::protect::{Method, Protection, SampleEncryptor};
use crate::ts::{Segment, Source};
use crate::view::Packaged;

/// A part of the persisted index of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexRange {
    /// Name of the MP4 file.
    pub file: Arc<str>,
    /// Bytes of its index.
    pub range: Range<u64>,
}

/// A fragment that was found, but of which it is not known yet where its samples lie.
///
/// [`Plan::reads`] tells what to read of the index of its file, [`Plan::package`] does the rest.
#[derive(Debug)]
pub struct Plan<'a> {
    what: What,
    protection: Option<&'a Protection>,
}

#[derive(Debug)]
enum What {
    /// Fragmented MP4.
    Fragment(Box<Located>),
    /// A segment of an MPEG transport stream, of one track or two.
    Segment(Vec<Located>),
}

impl<'a> Plan<'a> {
    pub(crate) fn new(located: Located, protection: Option<&'a Protection>) -> Self {
        Plan { what: What::Fragment(Box::new(located)), protection }
    }

    pub(crate) fn segment(tracks: Vec<Located>, protection: Option<&'a Protection>) -> Self {
        Plan { what: What::Segment(tracks), protection }
    }

    /// What to read of indexes; nothing where the samples are at hand.
    pub fn reads(&self) -> Vec<IndexRange> {
        match &self.what {
            What::Fragment(located) => reads(std::slice::from_ref(&**located)),
            What::Segment(tracks) => reads(tracks),
        }
    }

    /// Makes the fragment of what was read, in the order of [`Plan::reads`].
    ///
    /// # Errors
    /// [`Error::DamagedIndex`], and [`Error::SamplesUnknown`] if there is not as much as was to be
    /// read; [`Error::NotInTransportStream`] for samples that are too large for one.
    pub fn package(&self, read: &[Bytes]) -> Result<Packaged, Error> {
        let mut read = read.iter().map(|bytes| &bytes[..]);
        match &self.what {
            What::Fragment(located) => {
                Ok(protect(located.as_ref().clone().read(&mut read)?, self.protection))
            }
            What::Segment(tracks) => {
                let cuts = tracks.iter().map(|located| located.clone().read(&mut read));
                let segment = segment(&cuts.collect::<Result<Vec<_>, _>>()?)?;
                let encryptor = self.protection.and_then(|protection| match &protection.method {
                    Method::Envelope(envelope) => Some(envelope.encryptor(&protection.key)),
                    Method::Common(_) => None,
                });
                Ok(Packaged::Segment(segment, encryptor.map(Box::new)))
            }
        }
    }
}

/// What to read of indexes for some fragments.
pub(crate) fn reads(fragments: &[Located]) -> Vec<IndexRange> {
    let read = |located: &Located| {
        Some(IndexRange { file: Arc::clone(&located.file), range: located.described()? })
    };
    fragments.iter().filter_map(read).collect()
}

/// A segment of these tracks; the first one gives it its time.
pub(crate) fn segment(cuts: &[Cut]) -> Result<Segment, Error> {
    let source = |cut: &Cut| Source::new(&cut.file, &cut.track, cut.samples.iter().copied());
    let sources = cuts.iter().map(source).collect::<Result<_, _>>()?;
    let first = cuts.first();
    let number = first.map_or(0, |cut| cut.sequence);
    let (start, duration) = first.map_or((0, 0), |cut| (cut.start, cut.duration));
    Ok(Segment::new(sources, number, start, duration))
}

/// What is to be done with a fragment.
fn protect(cut: Cut, protection: Option<&Protection>) -> Packaged {
    match protection {
        None => Packaged::Clear(cut.build()),
        Some(Protection { key, method: Method::Envelope(envelope), .. }) => {
            Packaged::Envelope(cut.build(), Box::new(envelope.encryptor(key)))
        }
        Some(Protection { key, method: Method::Common(common), .. }) => {
            Packaged::Samples(Box::new(SampleEncryptor::new(cut, key, common)))
        }
    }
}
