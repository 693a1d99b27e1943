//! `MediaProcessors`: what can be done with assets.

use edm::Record;

use super::set;
use crate::app::App;
use crate::error::ApiError;
use crate::jobs::processors::PROCESSORS;
use crate::store::Change;

/// Makes the processors that are not there yet.
pub(super) async fn seed(app: &App) -> Result<(), ApiError> {
    let processors = set("MediaProcessors")?;
    for known in PROCESSORS {
        if app.store.get(processors, known.id).await?.is_some() {
            continue;
        }
        let mut processor = Record::new(processors.entity_type);
        for (property, value) in [
            ("Id", known.id),
            ("Name", known.name),
            ("Description", known.name),
            ("Version", known.version),
        ] {
            processor.put(property, value);
        }
        processor.put("Vendor", "Microsoft");
        processor.put("Sku", "");
        app.store.commit(vec![Change::Insert(processors, processor)]).await?;
    }
    Ok(())
}
