//! The requests that Microsoft's client for V3 has sent, sent by ours: `scenarios.rs` does what was
//! done when they were recorded, and every request must have the same meaning.
#![allow(clippy::unwrap_used, clippy::print_stdout, missing_docs)]

mod log;
mod model;
mod scenarios;

use std::path::Path;

#[tokio::test]
async fn our_client_sends_what_microsofts_client_sends() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../shared/conformance/ms-oracle/ms-v3-client-requests.log");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("SKIPPED: {} is not there", file.display());
        return;
    };
    let recorded = log::parse(&text);
    let (atom, recorded): (Vec<_>, Vec<_>) =
        recorded.into_iter().partition(|sent| sent.scenario.starts_with("ATOM]"));
    let sent = scenarios::run().await;
    assert_eq!(recorded.len(), sent.len(), "requests are missing, or too many");
    let mut differ = 0;
    for (theirs, ours) in recorded.iter().zip(&sent) {
        let (theirs, ours) = (theirs.meaning(), ours.meaning());
        if theirs != ours {
            differ += 1;
            println!("theirs {theirs:#?}\nours   {ours:#?}");
        }
    }
    println!(
        "{} requests: {} sent with the same meaning, {differ} not; {} out of scope: their bodies \
         and answers are Atom, and this client speaks JSON",
        recorded.len() + atom.len(),
        recorded.len() - differ,
        atom.len(),
    );
    assert_eq!(recorded.len() + atom.len(), 88);
    assert_eq!(differ, 0);
}
