//! Stores what a task has made.

use edm::Record;
use tokio_util::sync::CancellationToken;

use super::outcome::Failure;
use crate::app::App;
use crate::encode::OutputFile;
use crate::error::ApiError;
use crate::keys;
use crate::sample_index;
use crate::sets;
use crate::store::{Claim, Source};

/// Puts the files into the task's first output asset; returns them as they are to be recorded.
/// What is there already, from an attempt that was lost, is replaced. Given up when `cancel` fires:
/// large files take their time.
pub(super) async fn store(
    app: &App,
    claim: &Claim,
    made: Vec<OutputFile>,
    cancel: &CancellationToken,
) -> Result<Vec<Record>, Failure> {
    let source = Source::new("Tasks", &claim.lease.task, "OutputMediaAssets");
    let outputs = app.store.links(&source).await.map_err(ApiError::from)?;
    let asset_id = outputs.first().ok_or_else(|| ApiError::no_entity("Asset"))?;
    let encryption = keys::encrypt_output(app, asset_id).await?;
    let mut files = Vec::new();
    for output in made {
        let size = i64::try_from(output.size).unwrap_or(i64::MAX);
        let mut file = sets::new_file(asset_id, &output.name, size);
        file.put("MimeType", output.mime_type);
        file.put("IsPrimary", output.primary);
        let writing = keys::write(app, encryption.as_ref(), &mut file, &output.path);
        let written = cancel.run_until_cancelled(writing).await.ok_or_else(Failure::canceled)?;
        if let Err(error) = written {
            tracing::error!(%error, "an output could not be stored");
            let message = format!("The file {} could not be stored.", output.name);
            return Err(Failure::new("ErrorUploadingOutputAsset", message));
        }
        sample_index::prepare_file(app, &file).await;
        files.push(file);
    }
    Ok(files)
}
