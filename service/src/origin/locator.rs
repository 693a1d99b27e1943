//! Locators: which asset a URL leads to, and from when to when.

use std::ops::Range;
use std::sync::Arc;

use azure_media::v2_19::LocatorType;
use edm::{DateTime, Record};

use super::OriginError;
use super::memory::Reading;
use crate::generation::Marks;
use crate::sets;

/// An OnDemandOrigin locator.
#[derive(Clone, Debug)]
pub(super) struct Locator {
    /// The asset's id.
    pub(super) asset: String,
    /// When it is open.
    pub(super) open: Range<DateTime>,
}

impl Locator {
    /// Whether it is open now.
    pub(super) fn is_open(&self) -> bool {
        self.open.contains(&DateTime::now())
    }
}

/// The locator of a GUID, if it is open now.
pub(super) async fn open(
    reading: &mut Reading<'_>,
    guid: &str,
) -> Result<Arc<Locator>, OriginError> {
    let locators = &reading.app.origin.locators;
    let key = guid.to_owned();
    let found = locators.get(reading, &key, |reading, _| Box::pin(find(reading, guid))).await?;
    found.filter(|locator| locator.is_open()).ok_or_else(|| {
        OriginError::not_found("There is no such locator, or it has expired or not started.")
    })
}

async fn find(
    reading: Reading<'_>,
    guid: &str,
) -> Result<(Option<Arc<Locator>>, Marks), OriginError> {
    let mut marks = Marks::default();
    let mut found = record(&reading, &mut marks, guid).await?;
    // An id that the client has chosen may be in capitals, and a URL of one that it has not.
    let lower = guid.to_ascii_lowercase();
    if found.is_none() && lower != guid {
        found = record(&reading, &mut marks, &lower).await?;
    }
    let origin = Some(LocatorType::OnDemandOrigin.value().into());
    let locator = found.filter(|locator| locator.value("Type").as_integer() == origin);
    let locator = locator.and_then(|locator| {
        let open = sets::open_times(&locator)?;
        Some(Arc::new(Locator { asset: locator.text("AssetId").to_owned(), open }))
    });
    Ok((locator, marks))
}

async fn record(
    reading: &Reading<'_>,
    marks: &mut Marks,
    guid: &str,
) -> Result<Option<Record>, OriginError> {
    let (store, set) = (&reading.app.store, sets::set("Locators")?);
    let id = format!("nb:lid:UUID:{guid}");
    marks.add(store.generations().entity(set, &id));
    Ok(store.get(set, &id).await.map_err(crate::error::ApiError::from)?)
}
