//! `Files`: what is known of the blobs in an asset's container.

use async_trait::async_trait;
use edm::{Draft, Expr, Record, filter::BinaryOp};

use super::{New, Plan, Rules, both, equals, is_true, set};
use crate::app::App;
use crate::error::ApiError;
use crate::store::Change;

pub(super) struct AssetFiles;

/// What a file's name may not have: it becomes part of streaming URLs as it is.
const FORBIDDEN: &[char] = &[
    '!', '*', '\'', '(', ')', ';', ':', '@', '&', '=', '+', '$', ',', '/', '?', '%', '#', '[', ']',
    '"', '\\',
];

#[async_trait]
impl Rules for AssetFiles {
    async fn create(&self, app: &App, new: &mut New) -> Result<(), ApiError> {
        let parent = new.record.text("ParentAssetId").to_owned();
        if app.store.get(set("Assets")?, &parent).await?.is_none() {
            return Err(ApiError::no_entity("Asset"));
        }
        check_name(new.record.text("Name"))?;
        check_encryption(&new.record)?;
        check_numbers(&new.record)?;
        new.plan.before = conditions(&new.record)?;
        new.plan.before.push(super::still_there("Assets", &parent)?);
        Ok(())
    }

    async fn update(
        &self,
        _: &App,
        old: &Record,
        new: &mut Record,
        _: &Draft,
    ) -> Result<Plan, ApiError> {
        if new.text("Name") != old.text("Name") {
            check_name(new.text("Name"))?;
        }
        check_encryption(new)?;
        check_numbers(new)?;
        Ok(Plan { before: conditions(new)?, ..Plan::default() })
    }
}

/// Refuses names that could not be part of a URL or that mean something to a file system.
pub(crate) fn check_name(name: &str) -> Result<(), ApiError> {
    let refuse = |problem: &str| {
        Err(ApiError::bad_request(format!("The file name '{name}' is not valid: {problem}.")))
    };
    if name.trim().is_empty() || name.starts_with('.') {
        return refuse("it must have a name before its extension");
    }
    if let Some(c) = name.chars().find(|c| FORBIDDEN.contains(c) || c.is_control()) {
        return refuse(&format!("it contains {c:?}"));
    }
    if name.matches('.').count() > 1 {
        return refuse("it may have one '.', for the extension");
    }
    Ok(())
}

/// Ways in which the bytes of a file can be encrypted.
const SCHEMES: &[&str] = &["StorageEncryption", "CommonEncryption", "EnvelopeEncryption"];

/// The encryption of a file is one that there is. Clients say that a file is encrypted before they
/// say how.
pub(crate) fn check_encryption(file: &Record) -> Result<(), ApiError> {
    let scheme = file.text("EncryptionScheme");
    if matches!(scheme, "" | "None") || SCHEMES.contains(&scheme) {
        return Ok(());
    }
    let known = SCHEMES.join(", ");
    let message = format!("EncryptionScheme must be one of {known}; found '{scheme}'.");
    Err(ApiError::bad_request(message))
}

/// Sizes and options are within what they can be.
fn check_numbers(file: &Record) -> Result<(), ApiError> {
    if file.value("ContentFileSize").as_integer().unwrap_or_default() < 0 {
        return Err(ApiError::bad_request("ContentFileSize cannot be less than 0."));
    }
    match file.value("Options").as_integer().unwrap_or_default() {
        0 | 1 => Ok(()),
        found => {
            let message = format!("Options of a file must be 0 or 1 (Fragmented); found {found}.");
            Err(ApiError::bad_request(message))
        }
    }
}

/// No other file of the asset has the name; and if this one is primary, no other is.
pub(crate) fn conditions(file: &Record) -> Result<Vec<Change>, ApiError> {
    let files = set("Files")?;
    let other = Expr::binary(BinaryOp::Ne, Expr::property("Id"), Expr::text(file.text("Id")));
    let siblings = both(equals("ParentAssetId", file.text("ParentAssetId")), other);
    let none =
        |filter, otherwise: String| Change::AtMost { set: files, filter, count: 0, otherwise };
    let name = file.text("Name");
    let mut conditions = vec![none(
        both(siblings.clone(), equals("Name", name)),
        format!("The asset has a file named '{name}' already."),
    )];
    if file.value("IsPrimary").as_bool() == Some(true) {
        let message = "The asset has a primary file already.".to_owned();
        conditions.push(none(both(siblings, is_true("IsPrimary")), message));
    }
    Ok(conditions)
}

/// Makes a file of each blob in an asset's container that has none: `CreateFileInfos`.
pub(crate) async fn create_file_infos(app: &App, asset_id: &str) -> Result<(), ApiError> {
    let (assets, files) = (set("Assets")?, set("Files")?);
    let asset =
        app.store.get(assets, asset_id).await?.ok_or_else(|| ApiError::no_entity("Asset"))?;
    let of_asset = equals("ParentAssetId", asset_id);
    let known = app.store.query(&crate::store::Query::all(files, of_asset)).await?.records;
    let container = super::asset::container(&asset);
    let mut changes = Vec::new();
    for blob in app.list_blobs(&container).await? {
        if known.iter().any(|file| file.text("Name") == blob.name)
            || check_name(&blob.name).is_err()
        {
            continue;
        }
        let size = i64::try_from(blob.size).unwrap_or(i64::MAX);
        changes.push(Change::Insert(files, new_file(asset_id, &blob.name, size)));
    }
    Ok(app.store.commit(changes).await?)
}

/// A file as the service makes it itself.
pub(crate) fn new_file(asset_id: &str, name: &str, size: i64) -> Record {
    let mut file = Record::new(&azure_media::v2_19::tables::ASSET_FILE);
    let now = edm::DateTime::now().truncated_to_millis();
    file.put("Id", format!("nb:cid:UUID:{}", uuid::Uuid::new_v4()));
    file.put("Name", name);
    file.put("ParentAssetId", asset_id);
    file.put("ContentFileSize", size);
    file.put("Created", now);
    file.put("LastModified", now);
    file
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn names_that_escape_are_refused() {
        for name in ["video.mp4", "BigBuckBunny_1280x720_3400.mp4", "größe", "a b-c_d~e.x"] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in [
            "", " ", "..", ".", "../x", "a/b", "a\\b", "a.b.c", ".hidden", "a\nb", "a%2fb", "a?b",
            "a#b", "C:x",
        ] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }
}
