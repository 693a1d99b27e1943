//! The `Protection` element of Smooth Streaming manifests (MS-SSTR §2.2.2.2).

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::system::PLAY_READY;
use super::{Method, Protection, dash};

/// The system id under which Azure Media Services signalled envelope encryption.
const ENVELOPE: &str = "B47B251A-2409-4B42-958E-08DBAE7B4EE9";

/// Writes the element. Writing to a `String` cannot fail, so results are not looked at.
pub(crate) fn protection(out: &mut String, protection: &Protection) {
    out.push_str("<Protection>\n");
    match &protection.method {
        Method::Envelope(envelope) => {
            let _ = write!(out, "<ProtectionHeader SystemID=\"{ENVELOPE}\">");
            dash::envelope(out, &protection.key, envelope);
            out.push_str("</ProtectionHeader>\n");
        }
        Method::Common(common) => {
            // Without a license server of its own, the header still tells the key id.
            let play_ready = common.play_ready.clone().unwrap_or_default();
            let object = STANDARD.encode(play_ready.object(&protection.key, common.scheme));
            let system = PLAY_READY.to_string().to_uppercase();
            let _ = writeln!(
                out,
                "<ProtectionHeader SystemID=\"{system}\">{object}</ProtectionHeader>"
            );
        }
    }
    out.push_str("</Protection>\n");
}
