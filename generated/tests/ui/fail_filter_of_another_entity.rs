//! A query takes filters of its own entity.
use azure_media::{Job, MediaServices};

fn find(media: &MediaServices) {
    let _ = media.assets().filter(Job::NAME.eq("a"));
    let _ = media.assets().order_by(Job::PRIORITY.desc());
}

fn main() {}
