//! `MediaProcessors`: what can be done with assets.

use edm::Record;

use super::set;
use crate::app::App;
use crate::error::ApiError;
use crate::store::Change;

/// Ids, names and versions, as the service had them: clients have them written into their code.
const PROCESSORS: &[(&str, &str, &str)] = &[
    ("nb:mpid:UUID:ff4df607-d419-42f0-bc17-a481b1331e56", "Media Encoder Standard", "1.1"),
    ("nb:mpid:UUID:1b1da727-93ae-4e46-a8a1-268828765609", "Azure Media Encoder", "4.4"),
    ("nb:mpid:UUID:2e7aa8f3-4961-4e0c-b4db-0e0439e524f5", "Windows Azure Media Encoder", "3.7"),
];

/// Makes the processors that are not there yet.
pub(super) async fn seed(app: &App) -> Result<(), ApiError> {
    let processors = set("MediaProcessors")?;
    for (id, name, version) in PROCESSORS {
        if app.store.get(processors, id).await?.is_some() {
            continue;
        }
        let mut processor = Record::new(processors.entity_type);
        for (property, value) in
            [("Id", *id), ("Name", *name), ("Description", *name), ("Version", *version)]
        {
            processor.put(property, value);
        }
        processor.put("Vendor", "Microsoft");
        processor.put("Sku", "");
        app.store.commit(vec![Change::Insert(processors, processor)]).await?;
    }
    Ok(())
}
