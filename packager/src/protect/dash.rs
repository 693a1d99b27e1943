//! `ContentProtection` (ISO/IEC 23009-1 §5.8.4.1).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::escape::escape;

use super::common::Common;
use super::envelope::Envelope;
use super::key::ContentKey;
use super::system::{self, PLAY_READY, System, WIDEVINE};
use super::{Method, Protection};

/// Clear keys as the DASH Industry Forum signals them.
const CLEAR_KEY: &str = "e2719d58-a985-b3c9-781a-b030af78d30e";

/// Namespaces that `ContentProtection` elements need on the root.
pub(crate) fn namespaces(protection: &Protection) -> &'static str {
    match protection.method {
        Method::Envelope(_) => "",
        Method::Common(_) => {
            " xmlns:cenc=\"urn:mpeg:cenc:2013\" xmlns:mspr=\"urn:microsoft:playready\" \
             xmlns:ms=\"urn:microsoft\" xmlns:dashif=\"https://dashif.org/CPS\""
        }
    }
}

/// The elements of an adaptation set. Writing to a `String` cannot fail, so results are not looked
/// at.
pub(crate) fn content_protection(out: &mut String, protection: &Protection) {
    match &protection.method {
        Method::Envelope(value) => {
            envelope(out, &protection.key, value);
            out.push('\n');
        }
        Method::Common(value) => common(out, &protection.key, value),
    }
}

/// Segment encryption of ISO/IEC 23009-4 with a key over HTTP.
pub(super) fn envelope(out: &mut String, key: &ContentKey, envelope: &Envelope) {
    let iv = u128::from_be_bytes(envelope.iv(key));
    let _ = write!(
        out,
        "<ContentProtection xmlns:sea=\"urn:mpeg:dash:schema:sea:2012\" \
         schemeIdUri=\"urn:mpeg:dash:sea:2012\">\
         <sea:SegmentEncryption schemeIdUri=\"urn:mpeg:dash:sea:aes128-cbc:2013\"/>\
         <sea:KeySystem keySystemUri=\"urn:mpeg:dash:sea:keysys:http:2013\"/>\
         <sea:CryptoPeriod IV=\"0x{iv:032X}\" keyUriTemplate=\"{}\"/></ContentProtection>",
        escape(&envelope.key_url)
    );
}

fn common(out: &mut String, key: &ContentKey, common: &Common) {
    let _ = writeln!(
        out,
        "<ContentProtection schemeIdUri=\"urn:mpeg:dash:mp4protection:2011\" value=\"{}\" \
         cenc:default_KID=\"{}\"/>",
        common.scheme.name(),
        key.id()
    );
    for system in system::systems(key, common) {
        key_system(out, key, common, &system);
    }
    if let Some(clear_key) = &common.clear_key {
        let _ = writeln!(
            out,
            "<ContentProtection schemeIdUri=\"urn:uuid:{CLEAR_KEY}\" value=\"ClearKey1.0\">\
             <dashif:Laurl Lic_type=\"EME-1.0\">{}</dashif:Laurl></ContentProtection>",
            escape(&clear_key.license_url)
        );
    }
}

fn key_system(out: &mut String, key: &ContentKey, common: &Common, system: &System) {
    let (name, license_url) = match system.id {
        PLAY_READY => {
            let license_url = common.play_ready.as_ref().and_then(|own| own.license_url.as_ref());
            ("MSPR 2.0", license_url)
        }
        WIDEVINE => ("Widevine", common.widevine.as_ref().map(|own| &own.license_url)),
        // Players find the box in the initialization segment; the manifest names clear keys below.
        _ => return,
    };
    let pssh = STANDARD.encode(&system.pssh);
    let _ = write!(
        out,
        "<ContentProtection schemeIdUri=\"urn:uuid:{}\" value=\"{name}\"><cenc:pssh>{pssh}</cenc:pssh>",
        system.id
    );
    if let Some(play_ready) = common.play_ready.as_ref().filter(|_| system.id == PLAY_READY) {
        let object = STANDARD.encode(play_ready.object(key, common.scheme));
        let _ = write!(out, "<mspr:pro>{object}</mspr:pro>");
    }
    if let Some(url) = license_url {
        let url = escape(url);
        let _ = write!(out, "<ms:laurl licenseUrl=\"{url}\"/><dashif:Laurl>{url}</dashif:Laurl>");
    }
    out.push_str("</ContentProtection>\n");
}
