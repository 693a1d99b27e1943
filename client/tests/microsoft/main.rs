//! The requests that Microsoft's client for V3 has sent, sent by ours: `scenarios.rs` does what was
//! done when they were recorded, and every request must have the same meaning. Half of them were
//! recorded in Atom; ours says the same in JSON light, and `content.rs` is what both are read into.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod atom;
mod content;
mod log;
mod model;
mod scenarios;
mod xml;

use std::path::Path;

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
    let mut same = 0;
    for (format, recorded, ids) in
        [("JSON light", &light, scenarios::LIGHT), ("Atom", &atom, scenarios::ATOM)]
    {
        let sent = scenarios::run(ids).await;
        assert_eq!(recorded.len(), sent.len(), "requests are missing, or too many");
        let mut equal = 0;
        for (theirs, ours) in recorded.iter().zip(&sent) {
            let (theirs, ours) = (theirs.meaning(), ours.meaning());
            if theirs == ours {
                equal += 1;
            } else {
                println!("theirs {theirs:#?}\nours   {ours:#?}");
            }
        }
        println!("{format}: {equal} of {} sent with the same meaning", recorded.len());
        same += equal;
    }
    println!("{same} of {} sent with the same meaning", light.len() + atom.len());
    assert_eq!((same, light.len(), atom.len()), (88, 44, 44));
}
