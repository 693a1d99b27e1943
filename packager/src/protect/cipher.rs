//! Encryption of samples in place (ISO/IEC 23001-7 §9.5, §10).

use aes::Aes128;
use aes::cipher::{Array, BlockModeEncrypt as _, InnerIvInit as _, StreamCipher as _};
use ctr::Ctr64BE;

use super::common::Pattern;
use super::key::BLOCK;
use super::layout::Subsample;

/// How the samples of a track are encrypted.
#[derive(Debug, Clone, Copy)]
pub(super) enum SampleCipher {
    /// `cenc`: counter mode from this IV.
    Counter(u64),
    /// `cbcs`: CBC from this IV.
    Chained([u8; BLOCK], Option<Pattern>),
}

/// Encrypts a sample: its subsamples, or all of it if there are none.
pub(super) fn encrypt(
    aes: &Aes128,
    cipher: SampleCipher,
    sample: &mut [u8],
    subsamples: &[Subsample],
) {
    match cipher {
        SampleCipher::Counter(iv) => {
            let mut block = [0; BLOCK];
            block[..8].copy_from_slice(&iv.to_be_bytes());
            // The key stream goes on from one subsample to the next.
            let mut stream = key_stream(aes, block);
            each(sample, subsamples, |bytes| stream.apply_keystream(bytes));
        }
        SampleCipher::Chained(iv, pattern) => each(sample, subsamples, |bytes| {
            let mut chain = cbc::Encryptor::inner_iv_init(aes.clone(), &iv.into());
            // A block that is not full stays clear.
            let (blocks, _) = Array::slice_as_chunks_mut(bytes);
            match pattern {
                None => chain.encrypt_blocks(blocks),
                Some(Pattern { encrypted, clear }) => {
                    let (encrypted, clear) = (usize::from(encrypted), usize::from(clear));
                    for run in blocks.chunks_mut(encrypted + clear) {
                        let used = encrypted.min(run.len());
                        chain.encrypt_blocks(&mut run[..used]);
                    }
                }
            }
        }),
    }
}

/// Counter mode from a counter block whose lower half counts blocks.
fn key_stream(aes: &Aes128, block: [u8; BLOCK]) -> Ctr64BE<Aes128> {
    Ctr64BE::from_core(ctr::CtrCore::inner_iv_init(aes.clone(), &block.into()))
}

/// Calls a function with each encrypted part.
fn each(mut sample: &mut [u8], subsamples: &[Subsample], mut encrypt: impl FnMut(&mut [u8])) {
    if subsamples.is_empty() {
        return encrypt(sample);
    }
    for subsample in subsamples {
        let (clear, encrypted) = (usize::from(subsample.clear), subsample.encrypted as usize);
        let Some((head, rest)) = sample.split_at_mut_checked(clear + encrypted) else { return };
        // Shorter runs of clear bytes than the entry says cannot be: the split above has worked.
        encrypt(&mut head[clear..]);
        sample = rest;
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use aes::cipher::KeyInit as _;

    use super::*;
    use crate::protect::tests::{NIST_KEY, NIST_TEXT, hex};

    #[test]
    fn counter_mode_of_nist_sp_800_38a() {
        let aes = Aes128::new(&NIST_KEY.into());
        let start = hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff").try_into().unwrap();
        let mut text = hex(NIST_TEXT);
        key_stream(&aes, start).apply_keystream(&mut text);
        let want = "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff\
                    5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee";
        assert_eq!(text, hex(want));
    }

    #[test]
    fn counter_mode_of_rfc_3686() {
        let aes = Aes128::new(
            &<[u8; 16]>::try_from(hex("ae6852f8121067cc4bf7a5765577f39e")).unwrap().into(),
        );
        // The vector starts at block 1, a sample at block 0.
        let mut sample = [[0; 16], *b"Single block msg"].concat();
        encrypt(&aes, SampleCipher::Counter(0x0000_0030_0000_0000), &mut sample, &[]);
        assert_eq!(sample[16..], hex("e4095d4fb7a7b3792d6175a3261311b8"));
    }

    #[test]
    fn chained_mode_of_nist_sp_800_38a() {
        let aes = Aes128::new(&NIST_KEY.into());
        let iv = hex("000102030405060708090a0b0c0d0e0f").try_into().unwrap();
        let mut text = hex(NIST_TEXT);
        text.push(7);
        encrypt(&aes, SampleCipher::Chained(iv, None), &mut text, &[]);
        let want = "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2\
                    73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7";
        assert_eq!(text[..64], hex(want));
        assert_eq!(text[64], 7, "what is no whole block stays clear");
    }

    #[test]
    fn patterns_start_again_in_each_subsample() {
        let aes = Aes128::new(&NIST_KEY.into());
        let cipher = SampleCipher::Chained([3; 16], Some(Pattern { encrypted: 1, clear: 9 }));
        let subsample = Subsample { clear: 5, encrypted: 11 * 16 + 4 };
        let mut sample = vec![0; 2 * (5 + 11 * 16 + 4)];
        encrypt(&aes, cipher, &mut sample, &[subsample, subsample]);
        let (first, second) = sample.split_at(sample.len() / 2);
        assert_eq!(first, second);
        let changed = |range: std::ops::Range<usize>| first[range].iter().any(|byte| *byte != 0);
        assert!(!changed(0..5));
        assert!(changed(5..21) && !changed(21..165));
        assert!(changed(165..181) && !changed(181..185));
        // The second block is chained to the first.
        assert_ne!(first[5..21], first[165..181]);
    }

    #[test]
    fn the_key_stream_goes_on_over_subsamples() {
        let aes = Aes128::new(&NIST_KEY.into());
        let (mut whole, mut parts) = (vec![0; 70], vec![0; 90]);
        encrypt(&aes, SampleCipher::Counter(9), &mut whole, &[]);
        let subsamples =
            [Subsample { clear: 10, encrypted: 21 }, Subsample { clear: 10, encrypted: 49 }];
        encrypt(&aes, SampleCipher::Counter(9), &mut parts, &subsamples);
        assert_eq!(parts[10..31], whole[..21]);
        assert_eq!(parts[41..], whole[21..]);
    }
}
