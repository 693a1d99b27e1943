//! What is fixed at create cannot be updated.
use azure_media::{Asset, AssetCreationOptions, AssetId, MediaServices};

fn update(media: &MediaServices, id: &AssetId) {
    let _ = media.asset(id).update().set(Asset::OPTIONS, AssetCreationOptions::NONE);
}

fn main() {}
