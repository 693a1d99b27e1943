//! The requests that Microsoft's client for V3 has sent, sent by ours: `scenarios.rs` does what was
//! done when they were recorded, and every request must have the same meaning. Half of them were
//! recorded in Atom. Ours says the same in JSON light, and `content.rs` is what both are read into;
//! and it says the same in Atom, where `infoset.rs` has what counts.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod atom;
mod content;
mod infoset;
mod log;
mod model;
mod scenarios;
mod xml;

use std::path::Path;

use log::Compare;
use odata_client::Format;

#[tokio::test]
async fn our_client_sends_what_microsofts_client_sends() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/conformance/ms-oracle/ms-v3-client-requests.log");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("SKIPPED: {} is not there", file.display());
        return;
    };
    let (atom, light): (Vec<_>, Vec<_>) =
        log::parse(&text).into_iter().partition(log::Sent::is_atom);
    let mut same = [0; 3];
    for (total, (name, recorded, ids, format, compare)) in same.iter_mut().zip([
        ("JSON light", &light, scenarios::LIGHT, Format::Light, Compare::AsLight),
        ("Atom as JSON light", &atom, scenarios::ATOM, Format::Light, Compare::AsLight),
        ("Atom as Atom", &atom, scenarios::ATOM, Format::Atom, Compare::AsAtom),
    ]) {
        let sent = scenarios::run(ids, format).await;
        assert_eq!(recorded.len(), sent.len(), "requests are missing, or too many");
        for (theirs, ours) in recorded.iter().zip(&sent) {
            let (theirs, ours) = (theirs.meaning(compare), ours.meaning(compare));
            if theirs == ours {
                *total += 1;
            } else {
                println!("theirs {theirs:#?}\nours   {ours:#?}");
            }
        }
        println!("{name}: {total} of {} sent with the same meaning", recorded.len());
    }
    assert_eq!((same, light.len(), atom.len()), ([44; 3], 44, 44));
}
