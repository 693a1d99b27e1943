//! The `format=` and `encryption=` values of Azure Media Services URLs.

/// A protocol with its variant, as chosen by the `format` parameter of a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Smooth Streaming; also what a URL without `format` asks for.
    Smooth(SmoothFormat),
    /// HTTP Live Streaming with fragmented MP4.
    Hls(HlsFormat),
    /// MPEG-DASH.
    Dash(DashFormat),
}

/// Variants of Smooth Streaming manifests.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SmoothFormat {
    /// Version 2.2: equal fragments are written once with a repeat count.
    Latest,
    /// `fmp4-v20`, version 2.0: every fragment is listed.
    V20,
}

/// Variants of HLS. The name is repeated in child URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HlsFormat {
    /// `m3u8-aapl`, also written `m3u8-aapl-v4`: MPEG transport streams, audio apart from video. With
    /// common encryption, which transport streams do not have, it is fragmented MP4.
    Aapl,
    /// `m3u8-aapl-v3`: MPEG transport streams with audio and video together.
    AaplV3,
    /// `m3u8-cmaf`: fragmented MP4.
    Cmaf,
}

/// Variants of DASH. They differ in the profiles of the manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DashFormat {
    /// `mpd-time-csf`.
    Csf,
    /// `mpd-time-cmaf`.
    Cmaf,
}

impl Format {
    /// Reads a `format` value, in any case; `None` for a format that is not supported.
    pub fn parse(value: &str) -> Option<Format> {
        Some(match value.to_ascii_lowercase().as_str() {
            "fmp4" => Format::Smooth(SmoothFormat::Latest),
            "fmp4-v20" => Format::Smooth(SmoothFormat::V20),
            "m3u8-aapl" | "m3u8-aapl-v4" => Format::Hls(HlsFormat::Aapl),
            "m3u8-aapl-v3" => Format::Hls(HlsFormat::AaplV3),
            "m3u8-cmaf" => Format::Hls(HlsFormat::Cmaf),
            "mpd-time-csf" => Format::Dash(DashFormat::Csf),
            "mpd-time-cmaf" => Format::Dash(DashFormat::Cmaf),
            _ => return None,
        })
    }

    /// The `format` value for URLs.
    pub fn name(self) -> &'static str {
        match self {
            Format::Smooth(format) => format.name(),
            Format::Hls(format) => format.name(),
            Format::Dash(format) => format.name(),
        }
    }

    /// Content-Type of the manifest in this format.
    pub fn manifest_content_type(self) -> &'static str {
        match self {
            Format::Smooth(_) => "text/xml",
            Format::Hls(_) => "application/vnd.apple.mpegurl",
            Format::Dash(_) => "application/dash+xml",
        }
    }
}

impl SmoothFormat {
    /// The `format` value for URLs.
    pub fn name(self) -> &'static str {
        match self {
            SmoothFormat::Latest => "fmp4",
            SmoothFormat::V20 => "fmp4-v20",
        }
    }
}

impl HlsFormat {
    /// The `format` value for URLs.
    pub fn name(self) -> &'static str {
        match self {
            HlsFormat::Aapl => "m3u8-aapl",
            HlsFormat::AaplV3 => "m3u8-aapl-v3",
            HlsFormat::Cmaf => "m3u8-cmaf",
        }
    }
}

impl DashFormat {
    /// The `format` value for URLs.
    pub fn name(self) -> &'static str {
        match self {
            DashFormat::Csf => "mpd-time-csf",
            DashFormat::Cmaf => "mpd-time-cmaf",
        }
    }
}

/// The `encryption` values of URLs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encryption {
    /// `cbc`: whole segments with AES-128 (envelope encryption).
    Cbc,
    /// `cenc`: samples with AES in counter mode (common encryption).
    Cenc,
    /// `cbcs-aapl`: a pattern of blocks of each sample with AES in CBC mode (common encryption).
    Cbcs,
}

impl Encryption {
    /// Reads an `encryption` value, in any case; `None` for one that is not known.
    pub fn parse(value: &str) -> Option<Encryption> {
        Some(match value.to_ascii_lowercase().as_str() {
            "cbc" => Encryption::Cbc,
            "cenc" => Encryption::Cenc,
            "cbcs-aapl" | "cbcs" => Encryption::Cbcs,
            _ => return None,
        })
    }

    /// The `encryption` value for URLs.
    pub fn name(self) -> &'static str {
        match self {
            Encryption::Cbc => "cbc",
            Encryption::Cenc => "cenc",
            Encryption::Cbcs => "cbcs-aapl",
        }
    }
}
