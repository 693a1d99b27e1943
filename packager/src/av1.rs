//! AV1 configuration: the `av1C` and `colr` boxes (AV1 Codec ISO Media File Format Binding).

use std::fmt::Write as _;

use crate::boxes::Reader;
use crate::error::Error;

/// What the boxes of an `av01` sample entry say (AV1 ISOBMFF §2.3.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Av1Config {
    /// seq_profile: 0 Main, 1 High, 2 Professional.
    pub profile: u8,
    /// seq_level_idx of the first operating point.
    pub level: u8,
    /// seq_tier of the first operating point: true for the High tier.
    pub high_tier: bool,
    /// Bits of a component: 8, 10 or 12.
    pub bit_depth: u8,
    /// Whether there is no colour.
    pub monochrome: bool,
    /// chroma_subsampling_x, chroma_subsampling_y and chroma_sample_position.
    pub chroma: [u8; 3],
    /// The colour of the `colr` box, if it has one.
    pub colour: Option<Colour>,
}

/// Code points of ITU-T H.273 for a colour space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour {
    /// ColourPrimaries.
    pub primaries: u16,
    /// TransferCharacteristics.
    pub transfer: u16,
    /// MatrixCoefficients.
    pub matrix: u16,
    /// VideoFullRangeFlag.
    pub full_range: bool,
}

/// BT.709, which an AV1 codec string that ends early stands for.
const DEFAULT_COLOUR: Colour = Colour { primaries: 1, transfer: 1, matrix: 1, full_range: false };
/// 4:2:0 of no known position, likewise.
const DEFAULT_CHROMA: [u8; 3] = [1, 1, 0];

impl Av1Config {
    /// Parses the payload of `av1C`; `colr` is the box beside it.
    pub(crate) fn parse(mut r: Reader<'_>, colr: Option<Reader<'_>>) -> Result<Self, Error> {
        let marker = r.u8()?;
        if marker != 0x81 {
            return Err(r.place().unsupported(format!("av1C version {}", marker & 0x7f)));
        }
        let (first, second) = (r.u8()?, r.u8()?);
        let profile = first >> 5;
        let bit_depth = match (second & 0x40 != 0, second & 0x20 != 0) {
            (false, _) => 8,
            (true, twelve) => {
                if twelve && profile == 2 {
                    12
                } else {
                    10
                }
            }
        };
        Ok(Av1Config {
            profile,
            level: first & 0x1f,
            high_tier: second & 0x80 != 0,
            bit_depth,
            monochrome: second & 0x10 != 0,
            chroma: [second >> 3 & 1, second >> 2 & 1, second & 3],
            colour: colr.map(Colour::parse).transpose()?.flatten(),
        })
    }

    /// AV1 ISOBMFF §5: all that follows the bit depth is left out together, if it is all as usual.
    pub(crate) fn rfc6381(&self) -> String {
        let tier = if self.high_tier { 'H' } else { 'M' };
        let mut text =
            format!("av01.{}.{:02}{tier}.{:02}", self.profile, self.level, self.bit_depth);
        let colour = self.colour.unwrap_or(DEFAULT_COLOUR);
        if self.monochrome || self.chroma != DEFAULT_CHROMA || colour != DEFAULT_COLOUR {
            let [x, y, position] = self.chroma;
            let Colour { primaries, transfer, matrix, full_range } = colour;
            // Writing to a String cannot fail.
            let _ = write!(
                text,
                ".{}.{x}{y}{position}.{primaries:02}.{transfer:02}.{matrix:02}.{}",
                u8::from(self.monochrome),
                u8::from(full_range)
            );
        }
        text
    }
}

impl Colour {
    /// Reads `colr` (ISO/IEC 14496-12 §12.1.5); `None` for a colour profile, which is another
    /// thing.
    fn parse(mut r: Reader<'_>) -> Result<Option<Self>, Error> {
        if r.fourcc()? != *b"nclx" {
            return Ok(None);
        }
        let (primaries, transfer, matrix) = (r.u16()?, r.u16()?, r.u16()?);
        Ok(Some(Colour { primaries, transfer, matrix, full_range: r.u8()? & 0x80 != 0 }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::error::Place;

    const PLACE: Place<'static> = Place { file: "a.mp4", track: 1, path: "av1C" };

    fn parse(av1c: &[u8], colr: Option<&[u8]>) -> Result<Av1Config, Error> {
        let colr = colr.map(|bytes| Reader::new(bytes, PLACE));
        Av1Config::parse(Reader::new(av1c, PLACE), colr)
    }

    #[test]
    fn codec_strings() {
        // Main profile, level 3.0 (index 4), 8 bits, 4:2:0.
        let main = parse(&[0x81, 0x04, 0x0c, 0], None).unwrap();
        assert_eq!(main.rfc6381(), "av01.0.04M.08");
        let bt709 = b"nclx\0\x01\0\x01\0\x01\0";
        assert_eq!(parse(&[0x81, 0x04, 0x0c, 0], Some(bt709)).unwrap().rfc6381(), "av01.0.04M.08");
        // The example of the specification: High tier, 10 bits, monochrome, BT.2100 PQ.
        let bt2100 = b"nclx\0\x09\0\x10\0\x09\0";
        let config = parse(&[0x81, 0x04, 0xde, 0], Some(bt2100)).unwrap();
        assert_eq!(config.rfc6381(), "av01.0.04H.10.1.112.09.16.09.0");
        let professional = parse(&[0x81, 0x4d, 0x60, 0], None).unwrap();
        assert_eq!(professional.rfc6381(), "av01.2.13M.12.0.000.01.01.01.0");
        // A profile of the ICC says nothing here.
        assert_eq!(parse(&[0x81, 0x04, 0x0c, 0], Some(b"prof")).unwrap(), main);
    }

    #[test]
    fn refuses_what_is_cut_off_or_newer() {
        assert!(matches!(parse(&[0x81, 4], None), Err(Error::Malformed { .. })));
        assert!(matches!(parse(&[0x82, 4, 12, 0], None), Err(Error::Unsupported { .. })));
        let cut = parse(&[0x81, 4, 12, 0], Some(b"nclx\0"));
        assert!(matches!(cut, Err(Error::Malformed { .. })));
    }
}
