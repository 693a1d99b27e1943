//! Fetches what a task reads.

use std::path::Path;

use edm::Record;

use super::outcome::Failure;
use crate::app::App;
use crate::blob::{BlobError, ReadRange};
use crate::encode::{InputAsset, InputFile};
use crate::error::ApiError;
use crate::keys::FileReader;
use crate::sets;
use crate::store::Query;

const MALFORMED: &str = "ErrorDownloadingInputAssetMalformedContent";

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
    let is_wanted = |file: &&Record| match wanted {
        Wanted::All => true,
        Wanted::Primary(others) => {
            is_primary(file) || others.iter().any(|name| name == file.text("Name"))
        }
    };
    let mut fetched = Vec::new();
    for (number, file) in found.iter().filter(is_wanted).enumerate() {
        let path = folder.join(format!("input-{position}-{number}"));
        download(app, file, &path).await?;
        fetched.push(InputFile {
            name: file.text("Name").to_owned(),
            path,
            primary: is_primary(file),
        });
    }
    Ok(InputAsset { id: asset_id.to_owned(), files: fetched })
}

async fn download(app: &App, file: &Record, path: &Path) -> Result<(), Failure> {
    let name = file.text("Name");
    // A key that is missing or wrong is the client's.
    let reader = FileReader::of(app, file).await;
    let reader = reader.map_err(|error| Failure::new(MALFORMED, error.message))?;
    let saved = match reader.read(ReadRange::All).await {
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
