//! What the service sets cannot be set.
use azure_media::{Asset, AssetState, MediaServices};

fn create(media: &MediaServices) {
    let _ = media.assets().create().set(Asset::STATE, AssetState::Published);
}

fn main() {}
