//! An id addresses entities of its own type.
use azure_media::{AssetId, MediaServices};

fn delete(media: &MediaServices, id: AssetId) {
    let _ = media.locator(id).delete();
}

fn main() {}
