//! `EXT-X-KEY` (RFC 8216 §4.3.2.4).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::common::{Common, Scheme};
use super::key::ContentKey;
use super::system::{self, COMMON, WIDEVINE};
use super::{Method, Protection};

/// The lines of a media playlist that tell how its segments are encrypted. Writing to a `String`
/// cannot fail, so results are not looked at.
pub(crate) fn keys(protection: &Protection) -> String {
    match &protection.method {
        Method::Envelope(envelope) => {
            let iv = u128::from_be_bytes(envelope.iv(&protection.key));
            let url = quoted(&envelope.key_url);
            format!("#EXT-X-KEY:METHOD=AES-128,URI=\"{url}\",IV=0x{iv:032X}\n")
        }
        Method::Common(common) => sample_keys(&protection.key, common),
    }
}

/// One line for each key system; a player takes the one that it knows.
fn sample_keys(key: &ContentKey, common: &Common) -> String {
    let method = match common.scheme {
        Scheme::Cenc => "SAMPLE-AES-CTR",
        Scheme::Cbcs => "SAMPLE-AES",
    };
    let mut lines = String::new();
    let mut line = |uri: &str, more: &str, format: &str| {
        let _ = writeln!(
            lines,
            "#EXT-X-KEY:METHOD={method},URI=\"{}\"{more},KEYFORMAT=\"{format}\",\
             KEYFORMATVERSIONS=\"1\"",
            quoted(uri)
        );
    };
    if let Some(fair_play) = &common.fair_play {
        let url = fair_play.license_url.as_str();
        let behind = url.split_once("://").map_or(url, |(_, behind)| behind);
        line(&format!("skd://{behind}"), "", "com.apple.streamingkeydelivery");
    }
    if let Some(play_ready) = &common.play_ready {
        let object = STANDARD.encode(play_ready.object(key, common.scheme));
        let uri = format!("data:text/plain;charset=UTF-16;base64,{object}");
        line(&uri, "", "com.microsoft.playready");
    }
    for system in system::systems(key, common) {
        let (format, data) = match system.id {
            WIDEVINE => (format!("urn:uuid:{WIDEVINE}"), system.pssh),
            // hls.js expects the key id here; the box is in the initialization segment.
            COMMON => ("org.w3.clearkey".to_owned(), key.id().as_bytes().to_vec()),
            _ => continue,
        };
        let uri = format!("data:text/plain;base64,{}", STANDARD.encode(data));
        line(&uri, &format!(",KEYID=0x{}", key.id().simple()), &format);
    }
    lines
}

/// A URL for a quoted string, which cannot hold quotes and line breaks.
fn quoted(url: &str) -> String {
    url.chars().fold(String::with_capacity(url.len()), |mut out, c| {
        if c == '"' || c.is_whitespace() || c.is_control() {
            let mut bytes = [0; 4];
            for byte in c.encode_utf8(&mut bytes).bytes() {
                let _ = write!(out, "%{byte:02X}");
            }
        } else {
            out.push(c);
        }
        out
    })
}
