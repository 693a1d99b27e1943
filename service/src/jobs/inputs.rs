//! Fetches what a task reads.

use std::path::Path;

use edm::Record;
use packager::{MediaKind, ServerManifest};

use super::outcome::Failure;
use crate::app::App;
use crate::blob::{BlobError, ReadRange};
use crate::encode::{InputAsset, InputFile, Role};
use crate::error::ApiError;
use crate::keys::FileReader;
use crate::sets;
use crate::store::Query;

const MALFORMED: &str = "ErrorDownloadingInputAssetMalformedContent";
/// Manifests of thousands of tracks are no longer.
const LONGEST_MANIFEST: u64 = 1024 * 1024;

/// Which files of an asset a task reads.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wanted<'a> {
    /// The primary file, and those of these names that there are.
    Primary(&'a [String]),
    /// All files.
    All,
}

/// Fetches files of an asset, the `position`th input of a task, into a folder.
pub(super) async fn fetch(
    app: &App,
    asset_id: &str,
    position: usize,
    wanted: Wanted<'_>,
    folder: &Path,
) -> Result<InputAsset, Failure> {
    let files = sets::set("Files")?;
    let query = Query::all(files, sets::equals("ParentAssetId", asset_id));
    let found = app.store.query(&query).await.map_err(ApiError::from)?.records;
    let primary = sets::primary_file(&found).map(|file| file.text("Id").to_owned());
    if primary.is_none() && matches!(wanted, Wanted::Primary(_)) {
        let message = format!("The asset {asset_id} has no file, or several and none is primary.");
        return Err(Failure::new(MALFORMED, message));
    }
    let is_primary = |file: &Record| primary.as_deref() == Some(file.text("Id"));
    let streamed = match (wanted, found.iter().find(|file| is_primary(file))) {
        (Wanted::Primary(_), Some(file)) if is_manifest(file) => {
            let path = folder.join(format!("input-{position}-manifest"));
            download(app, file, &path).await?;
            Some((file.text("Name").to_owned(), streamed(file.text("Name"), &path).await?))
        }
        _ => None,
    };
    let role = |file: &Record| match (wanted, &streamed) {
        (Wanted::Primary(_), Some((_, best))) if file.text("Name") == best.picture => {
            Some(Role::Primary)
        }
        (Wanted::Primary(_), Some((_, best))) if Some(file.text("Name")) == best.sound() => {
            Some(Role::Sound)
        }
        (_, None) if is_primary(file) => Some(Role::Primary),
        (Wanted::All, _) => Some(Role::Other),
        (Wanted::Primary(others), _) => {
            others.iter().any(|name| name == file.text("Name")).then_some(Role::Other)
        }
    };
    let mut fetched = Vec::new();
    let roles = found.iter().filter_map(|file| Some((file, role(file)?)));
    for (number, (file, role)) in roles.enumerate() {
        let path = folder.join(format!("input-{position}-{number}"));
        download(app, file, &path).await?;
        // Outputs are called after what the client knows as the primary file.
        let name = match (&streamed, role) {
            (Some((manifest, _)), Role::Primary) => manifest.clone(),
            _ => file.text("Name").to_owned(),
        };
        fetched.push(InputFile { name, path, role });
    }
    if streamed.is_some() && !fetched.iter().any(|file| file.role == Role::Primary) {
        let message = format!("The manifest of the asset {asset_id} names files it has not.");
        return Err(Failure::new(MALFORMED, message));
    }
    Ok(InputAsset { id: asset_id.to_owned(), files: fetched })
}

/// The best of what a server manifest names.
struct Best {
    /// The file with the picture, or else with the sound.
    picture: String,
    sound: Option<String>,
}

impl Best {
    /// The file with the sound, if it is one of its own.
    fn sound(&self) -> Option<&str> {
        self.sound.as_deref().filter(|sound| *sound != self.picture)
    }
}

fn is_manifest(file: &Record) -> bool {
    let extension = file.text("Name").rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("ism"))
}

/// Reads a server manifest: an asset that was encoded can be encoded again.
async fn streamed(name: &str, path: &Path) -> Result<Best, Failure> {
    let malformed = |problem: String| {
        let message = format!("The server manifest {name} cannot be used: {problem}.");
        Failure::new(MALFORMED, message)
    };
    let length = tokio::fs::metadata(path).await.map_err(ApiError::internal)?.len();
    if length > LONGEST_MANIFEST {
        return Err(malformed(format!("it is longer than {LONGEST_MANIFEST} bytes")));
    }
    let manifest = tokio::fs::read(path).await.map_err(ApiError::internal)?;
    let manifest = ServerManifest::read(&manifest).map_err(|error| malformed(error.to_string()))?;
    let best = |kind| {
        let entries = manifest.entries.iter().filter(|entry| entry.kind == kind);
        entries.max_by_key(|entry| entry.system_bitrate).map(|entry| entry.src.clone())
    };
    let sound = best(MediaKind::Audio);
    let picture = best(MediaKind::Video).or_else(|| sound.clone());
    let picture = picture.ok_or_else(|| malformed("it names no media".to_owned()))?;
    Ok(Best { picture, sound })
}

async fn download(app: &App, file: &Record, path: &Path) -> Result<(), Failure> {
    let name = file.text("Name");
    // A key that is missing or wrong is the client's.
    let reader = FileReader::of(app, file).await;
    let reader = reader.map_err(|error| Failure::new(MALFORMED, error.message))?;
    let saved = match reader.read(ReadRange::All) {
        Ok(content) => content.save(path).await,
        Err(error) => Err(error),
    };
    match saved {
        Ok(_) => Ok(()),
        Err(BlobError::BlobNotFound { .. }) => {
            let message = format!("The file {name} was never uploaded: there is no such blob.");
            Err(Failure::new(MALFORMED, message))
        }
        Err(error) => {
            tracing::error!(%error, "an input could not be read");
            let code = "ErrorDownloadingInputAssetServiceFailure";
            Err(Failure::new(code, format!("The file {name} could not be read.")))
        }
    }
}
