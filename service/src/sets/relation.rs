//! How navigation properties are stored: by a property that holds a key, or by links.

use azure_media::v2_19::tables::MODEL;
use edm::model::{EntitySet, Navigation};

/// How a navigation property is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Relation {
    /// The entities it leads to hold this one's key in the property.
    Children(&'static str),
    /// This entity holds the key of the one it leads to in the property.
    Parent(&'static str),
    /// Neither holds the other's key: there are links.
    Links,
}

/// How a navigation property of an entity set is stored.
pub(crate) fn relation(set: &str, navigation: &str) -> Relation {
    match (set, navigation) {
        ("Assets", "Files" | "AssetFilters") => Relation::Children("ParentAssetId"),
        ("Assets", "Locators") => Relation::Children("AssetId"),
        ("Locators", "AccessPolicy") => Relation::Parent("AccessPolicyId"),
        ("Locators", "Asset") => Relation::Parent("AssetId"),
        ("Assets" | "IngestManifests", "StorageAccount") => Relation::Parent("StorageAccountName"),
        ("IngestManifests", "IngestManifestAssets") => Relation::Children("ParentIngestManifestId"),
        ("IngestManifestAssets", "IngestManifestFiles") => {
            Relation::Children("ParentIngestManifestAssetId")
        }
        ("Channels", "Programs") => Relation::Children("ChannelId"),
        ("Programs", "Channel") => Relation::Parent("ChannelId"),
        _ => Relation::Links,
    }
}

/// The set that holds what a navigation property leads to.
pub(crate) fn target_set(navigation: &Navigation) -> Option<&'static EntitySet> {
    MODEL.set_of(navigation.target)
}
