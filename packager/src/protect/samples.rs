//! The samples of a fragment: encrypted, and described for the decoder.

use std::ops::Range;

use bytes::Bytes;

use super::cipher::{SampleCipher, encrypt};
use super::common::{Common, Pattern, Scheme};
use super::key::{BLOCK, ContentKey};
use super::layout::{Layout, Subsample};
use crate::boxes::Writer;
use crate::error::Error;
use crate::fragment::{Cut, Fragment, FragmentNoun};

/// `senc` says that there are subsamples.
const HAS_SUBSAMPLES: u32 = 2;

/// The box that Smooth Streaming has for `senc` (PIFF 1.1 §5.3.2.1).
const PIFF_SAMPLE_ENCRYPTION: [u8; 16] = [
    0xa2, 0x39, 0x4f, 0x52, 0x5a, 0x9b, 0x4f, 0x14, 0xa2, 0x44, 0x6c, 0x42, 0x7c, 0x64, 0x8d, 0xf4,
];

/// Encrypts one fragment. Where the encrypted parts are depends on the data, so that has to be read
/// before the first byte can be sent.
#[derive(Debug)]
pub struct SampleEncryptor {
    cut: Cut,
    key: ContentKey,
    common: Common,
    /// With its data, whether or not that is sent: its description depends on it.
    fragment: Fragment,
}

impl SampleEncryptor {
    pub(crate) fn new(cut: Cut, key: &ContentKey, common: &Common) -> Self {
        let whole = match cut.noun {
            FragmentNoun::FragmentInfo => FragmentNoun::Fragments,
            noun => noun,
        };
        let fragment = Cut { noun: whole, ..cut.clone() }.build();
        SampleEncryptor { cut, key: key.clone(), common: common.clone(), fragment }
    }

    /// What is to be read and encrypted. Only its head will be another.
    pub fn fragment(&self) -> &Fragment {
        &self.fragment
    }

    /// Finds what is to be encrypted in the media data, all of which is given.
    ///
    /// # Errors
    /// [`Error::WrongLength`] if the data is not what the fragment's ranges say.
    pub fn describe(&self, data: &[u8]) -> Result<EncryptedFragment, Error> {
        let track = &self.cut.track;
        let sizes: Vec<u32> = self.cut.samples.iter().map(|sample| sample.size).collect();
        let wanted = sizes.iter().map(|size| u64::from(*size)).sum();
        check_length(&self.cut.file, wanted, data.len())?;
        let scheme = self.common.scheme;
        let mut layout = Layout::new(&track.codec, scheme);
        let mut samples =
            EncryptedSamples { has_subsamples: layout.has_subsamples(), list: Vec::new() };
        let first_iv = Common::first_iv(&self.key, track);
        let mut rest = data;
        for sample in &self.cut.samples {
            let Some((bytes, behind)) = rest.split_at_checked(sample.size as usize) else { break };
            let iv = match scheme {
                Scheme::Cenc => Some(first_iv.wrapping_add(u64::from(sample.number))),
                Scheme::Cbcs => None,
            };
            samples.list.push(EncryptedSample { iv, subsamples: layout.subsamples(bytes) });
            rest = behind;
        }
        Ok(EncryptedFragment {
            fragment: self.cut.build_with(Some(&samples)),
            key: self.key.clone(),
            constant_iv: self.common.constant_iv(&self.key, track),
            pattern: scheme.pattern(track.kind),
            sizes: if self.cut.noun.has_data() { sizes } else { Vec::new() },
            samples,
        })
    }

    /// Encrypts the media data in place, all of which is given; gives what to send before it. Where
    /// only the description of the samples was asked for, no data is left to send.
    ///
    /// # Errors
    /// [`Error::WrongLength`] if the data is not what the fragment's ranges say.
    pub fn encrypt(&self, data: &mut Vec<u8>) -> Result<Bytes, Error> {
        let described = self.describe(data)?;
        if !self.cut.noun.has_data() {
            data.clear();
        }
        for run in described.runs(u64::MAX) {
            described.encrypt(&run, data)?;
        }
        Ok(described.fragment.head)
    }
}

/// A fragment of which it is known what to encrypt: that can be done piece by piece, and any number
/// of times.
#[derive(Debug)]
pub struct EncryptedFragment {
    fragment: Fragment,
    key: ContentKey,
    constant_iv: [u8; BLOCK],
    pattern: Option<Pattern>,
    /// Of the samples that are sent.
    sizes: Vec<u32>,
    samples: EncryptedSamples,
}

/// Samples that follow each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleRun {
    samples: Range<usize>,
    /// Where they are in the media data of the fragment.
    pub data: Range<u64>,
}

impl EncryptedFragment {
    /// What to send: the head, then the ranges once they are encrypted.
    pub fn fragment(&self) -> &Fragment {
        &self.fragment
    }

    /// All samples in runs of at most so many bytes. A sample with more is a run of its own.
    pub fn runs(&self, longest: u64) -> impl Iterator<Item = SampleRun> {
        let (mut next, mut start) = (0, 0);
        std::iter::from_fn(move || {
            let (first, mut end) = (next, start);
            for size in self.sizes.get(first..)? {
                let longer = end + u64::from(*size);
                if end > start && longer - start > longest {
                    break;
                }
                (next, end) = (next + 1, longer);
            }
            let data = std::mem::replace(&mut start, end)..end;
            (next > first).then_some(SampleRun { samples: first..next, data })
        })
    }

    /// Encrypts the samples of a run in place. Takes time in proportion to them: about a second for
    /// each four gigabytes, or two with `cbcs`.
    ///
    /// # Errors
    /// [`Error::WrongLength`] if the data is not as long as the run.
    pub fn encrypt(&self, run: &SampleRun, data: &mut [u8]) -> Result<(), Error> {
        check_length(&self.fragment.file, run.data.end - run.data.start, data.len())?;
        let aes = self.key.cipher();
        let mut rest = data;
        for number in run.samples.clone() {
            let (Some(size), Some(sample)) =
                (self.sizes.get(number), self.samples.list.get(number))
            else {
                break;
            };
            let Some((bytes, behind)) = rest.split_at_mut_checked(*size as usize) else { break };
            let cipher = match sample.iv {
                Some(iv) => SampleCipher::Counter(iv),
                None => SampleCipher::Chained(self.constant_iv, self.pattern),
            };
            // A sample without bytes has nothing to encrypt.
            if !bytes.is_empty() {
                encrypt(&aes, cipher, bytes, &sample.subsamples);
            }
            rest = behind;
        }
        Ok(())
    }

    /// About what it takes in memory, in bytes.
    pub fn memory(&self) -> usize {
        let subsamples: usize = self.samples.list.iter().map(|one| one.subsamples.len()).sum();
        size_of::<Self>()
            + self.fragment.head.len()
            + size_of_val(&self.fragment.ranges[..])
            + size_of_val(&self.sizes[..])
            + size_of_val(&self.samples.list[..])
            + subsamples * size_of::<Subsample>()
    }
}

fn check_length(file: &str, wanted: u64, found: usize) -> Result<(), Error> {
    let found = found as u64;
    if found == wanted {
        return Ok(());
    }
    Err(Error::WrongLength { file: file.to_owned(), wanted, found })
}

/// What a fragment says of its encrypted samples.
#[derive(Debug)]
pub(crate) struct EncryptedSamples {
    has_subsamples: bool,
    list: Vec<EncryptedSample>,
}

#[derive(Debug)]
struct EncryptedSample {
    /// None if it is constant.
    iv: Option<u64>,
    subsamples: Vec<Subsample>,
}

impl EncryptedSample {
    fn write(&self, w: &mut Writer, has_subsamples: bool) {
        if let Some(iv) = self.iv {
            w.u64(iv);
        }
        if has_subsamples {
            w.u16(u16::try_from(self.subsamples.len()).unwrap_or(u16::MAX));
            for subsample in &self.subsamples {
                w.u16(subsample.clear);
                w.u32(subsample.encrypted);
            }
        }
    }

    /// Length of what [`EncryptedSample::write`] writes.
    fn size(&self, has_subsamples: bool) -> u8 {
        let iv = if self.iv.is_some() { 8 } else { 0 };
        let subsamples = if has_subsamples { 2 + 6 * self.subsamples.len() } else { 0 };
        // The layout has seen to it that it fits.
        u8::try_from(iv + subsamples).unwrap_or(u8::MAX)
    }
}

impl EncryptedSamples {
    /// Whether there is anything to say: not of whole samples with a constant IV.
    fn is_needed(&self) -> bool {
        self.has_subsamples || self.list.iter().any(|sample| sample.iv.is_some())
    }

    /// Writes `senc`, and `saiz` and `saio`, which tell readers that do not know `senc` where its
    /// contents are (ISO/IEC 23001-7 §7). `moof` is where the `moof` box begins.
    pub(crate) fn write(&self, w: &mut Writer, moof: usize) {
        if !self.is_needed() {
            return;
        }
        let mut data = 0;
        w.full(b"senc", 0, self.flags(), |w| {
            w.u32(u32::try_from(self.list.len()).unwrap_or(0));
            data = w.len() - moof;
            self.list.iter().for_each(|sample| sample.write(w, self.has_subsamples));
        });
        let sizes: Vec<u8> = self.list.iter().map(|s| s.size(self.has_subsamples)).collect();
        let common = sizes.first().copied().filter(|first| sizes.iter().all(|size| size == first));
        w.full(b"saiz", 0, 0, |w| {
            w.put(&[common.unwrap_or(0)]);
            w.u32(u32::try_from(sizes.len()).unwrap_or(0));
            if common.is_none() {
                w.put(&sizes);
            }
        });
        w.full(b"saio", 0, 0, |w| {
            w.u32(1);
            w.u32(u32::try_from(data).unwrap_or(0));
        });
    }

    /// Writes the `uuid` box that Smooth Streaming has for `senc`.
    pub(crate) fn write_piff(&self, w: &mut Writer) {
        w.boxed(b"uuid", |w| {
            w.put(&PIFF_SAMPLE_ENCRYPTION);
            w.u32(self.flags());
            w.u32(u32::try_from(self.list.len()).unwrap_or(0));
            self.list.iter().for_each(|sample| sample.write(w, self.has_subsamples));
        });
    }

    fn flags(&self) -> u32 {
        if self.has_subsamples { HAS_SUBSAMPLES } else { 0 }
    }
}
