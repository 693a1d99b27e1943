//! What may not be null cannot be cleared.
use azure_media::{AssetFile, AssetFileId, MediaServices};

fn update(media: &MediaServices, id: &AssetFileId) {
    let _ = media.asset_file(id).update().clear(AssetFile::CONTENT_FILE_SIZE);
}

fn main() {}
