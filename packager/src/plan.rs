//! What has to be read before a fragment can be made.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;

use crate::error::Error;
use crate::fragment::Cut;
use crate::located::Located;
use crate::protect::{Method, Protection, SampleEncryptor};
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
    located: Located,
    protection: Option<&'a Protection>,
}

impl<'a> Plan<'a> {
    pub(crate) fn new(located: Located, protection: Option<&'a Protection>) -> Self {
        Plan { located, protection }
    }

    /// What to read of indexes; nothing where the samples are at hand.
    pub fn reads(&self) -> Vec<IndexRange> {
        let file = &self.located.file;
        let range = self.located.described();
        range.map(|range| IndexRange { file: Arc::clone(file), range }).into_iter().collect()
    }

    /// Makes the fragment of what was read, in the order of [`Plan::reads`].
    ///
    /// # Errors
    /// [`Error::DamagedIndex`], and [`Error::SamplesUnknown`] if there is not as much as was to be
    /// read.
    pub fn package(self, read: &[Bytes]) -> Result<Packaged, Error> {
        let mut read = read.iter().map(|bytes| &bytes[..]);
        let cut = self.located.read(&mut read)?;
        Ok(protect(cut, self.protection))
    }
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
