//! The media processors: what clients may ask for, and what can be done.

/// A media processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Processor {
    /// Its id, as the service had it: clients have it written into their code.
    pub(crate) id: &'static str,
    /// Its name.
    pub(crate) name: &'static str,
    /// Its version.
    pub(crate) version: &'static str,
    /// What it does.
    pub(crate) ability: Ability,
}

/// What a processor does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ability {
    /// Encodes by a preset.
    Encode,
    /// Copies an asset without its storage encryption.
    Decrypt,
    /// Makes MP4 files an asset that can be streamed.
    Package,
    /// Nothing; this is what to use instead, or why.
    Unavailable(&'static str),
}

const ANALYSIS: Ability = Ability::Unavailable("media analysis is not part of this service");
const WORKFLOW: Ability =
    Ability::Unavailable("workflow files cannot be run; use Media Encoder Standard with a preset");
const STATIC_PROTECTION: Ability = Ability::Unavailable(
    "assets are protected while they are streamed; link an AssetDeliveryPolicy instead",
);

const fn processor(
    id: &'static str,
    name: &'static str,
    version: &'static str,
    ability: Ability,
) -> Processor {
    Processor { id, name, version, ability }
}

/// All of them. Where a name has several versions, clients take the newest.
pub(crate) const PROCESSORS: &[Processor] = &[
    processor(
        "nb:mpid:UUID:ff4df607-d419-42f0-bc17-a481b1331e56",
        "Media Encoder Standard",
        "1.1",
        Ability::Encode,
    ),
    processor(
        "nb:mpid:UUID:1b1da727-93ae-4e46-a8a1-268828765609",
        "Azure Media Encoder",
        "4.4",
        Ability::Encode,
    ),
    processor(
        "nb:mpid:UUID:2f381738-c504-4e4a-a38e-d199e207fcd5",
        "Azure Media Encoder",
        "3.8",
        Ability::Encode,
    ),
    processor(
        "nb:mpid:UUID:2e7aa8f3-4961-4e0c-b4db-0e0439e524f5",
        "Windows Azure Media Encoder",
        "3.7",
        Ability::Encode,
    ),
    processor(
        "nb:mpid:UUID:aec03716-7c5e-4f68-b592-f4850eba9f10",
        "Storage Decryption",
        "1.7",
        Ability::Decrypt,
    ),
    processor(
        "nb:mpid:UUID:a2f9afe9-7146-4882-a5f7-da4a85e06a93",
        "Windows Azure Media Packager",
        "2.8",
        Ability::Package,
    ),
    processor(
        "nb:mpid:UUID:38a620d8-b8dc-4e39-bb2e-7d589587232b",
        "Windows Azure Media Encryptor",
        "2.8",
        STATIC_PROTECTION,
    ),
    processor(
        "nb:mpid:UUID:77fea72a-107c-439e-b0bb-f88153b93461",
        "Media Encoder Premium Workflow",
        "1.1",
        WORKFLOW,
    ),
    processor(
        "nb:mpid:UUID:1927f26d-0aa5-4ca1-95a3-1a3f95b0f706",
        "Azure Media Indexer 2 Preview",
        "2.0",
        ANALYSIS,
    ),
    processor(
        "nb:mpid:UUID:074c3899-d9fb-448f-9ae1-4ebcbe633056",
        "Azure Media OCR",
        "1.1",
        ANALYSIS,
    ),
    processor(
        "nb:mpid:UUID:d4d94427-b8e7-44b5-addb-5f3a26124385",
        "Azure Media Video Thumbnails",
        "1.0",
        ANALYSIS,
    ),
    processor(
        "nb:mpid:UUID:bb312589-3bd4-4f2e-af26-2df8a984b395",
        "Azure Media Content Moderator",
        "1.0",
        ANALYSIS,
    ),
    processor(
        "nb:mpid:UUID:6a9b8239-81ea-4762-8125-66b4f45737a2",
        "Azure Media Face Detector",
        "1.2",
        ANALYSIS,
    ),
    processor(
        "nb:mpid:UUID:3806d7a6-4985-4437-b098-50e3733310e8",
        "Azure Media Redactor",
        "1.0",
        ANALYSIS,
    ),
    processor(
        "nb:mpid:UUID:464c4ede-daad-4edd-9c3c-3b5f667eef08",
        "Azure Media Motion Detector",
        "1.2",
        ANALYSIS,
    ),
    processor(
        "nb:mpid:UUID:db657ff0-fc6e-407c-a03a-80fdca3b81cd",
        "Azure Media Hyperlapse",
        "1.0",
        ANALYSIS,
    ),
    processor(
        "nb:mpid:UUID:4b8b1e57-3bf3-4a07-b21a-12c3cdcc0894",
        "Azure Media Video Annotator",
        "1.0",
        ANALYSIS,
    ),
];

/// The processor of an id.
pub(crate) fn by_id(id: &str) -> Option<&'static Processor> {
    PROCESSORS.iter().find(|processor| processor.id.eq_ignore_ascii_case(id))
}
