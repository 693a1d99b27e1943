//! The documents of a corpus, and what their names tell of them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A document to generate from.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// The path in the corpus.
    pub(crate) name: String,
    /// The path.
    pub(crate) path: PathBuf,
    /// The other documents of its folder, which it may refer to; none if it is in no folder.
    pub(crate) siblings: Vec<PathBuf>,
    /// What kind of document it is.
    pub(crate) kind: Kind,
}

/// What kind of document it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    V1,
    V2,
    V3,
    V4,
    V401,
    /// One of several V4 documents that refer to each other: those of a folder.
    Several,
    /// A `Schema` without `Edmx` around it.
    Bare,
    /// CSDL JSON.
    Json,
    /// One that is to be refused: its name begins with `invalid_`.
    Invalid,
}

impl Kind {
    /// All of them, in the order of the table.
    pub(crate) const ALL: [Self; 9] = [
        Self::V1,
        Self::V2,
        Self::V3,
        Self::V4,
        Self::V401,
        Self::Several,
        Self::Bare,
        Self::Json,
        Self::Invalid,
    ];

    /// The heading of its column.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::V1 => "V1",
            Self::V2 => "V2",
            Self::V3 => "V3",
            Self::V4 => "V4",
            Self::V401 => "V4.01",
            Self::Several => "several documents",
            Self::Bare => "bare schema",
            Self::Json => "CSDL JSON",
            Self::Invalid => "invalid",
        }
    }

    /// What a name such as `northwind_v2.xml` and the beginning of the document tell. Some names
    /// have the version of the service in the place of that of OData.
    fn of(name: &str, head: &str) -> Self {
        let tags = || head.split('<').skip(1).map(|tag| tag.split('>').next().unwrap_or(tag));
        let tag = |local: &str| {
            tags().find(|tag| {
                let name = tag.split(char::is_whitespace).next().unwrap_or_default();
                name.rsplit(':').next() == Some(local)
            })
        };
        let says = |tag: Option<&str>, attribute: &str, value: &str| {
            let tag = tag.unwrap_or_default();
            ['"', '\''].iter().any(|it| tag.contains(&format!("{attribute}={it}{value}{it}")))
        };
        let edmx = tag("Edmx");
        let services = tag("DataServices");
        let is_older = ["1.0", "2.0"].iter().any(|it| says(services, "DataServiceVersion", it));
        let stem = name.strip_suffix(".xml").unwrap_or(name);
        match stem.rsplit('_').next().unwrap_or_default() {
            _ if name.contains('/') => Self::Several,
            _ if name.starts_with("invalid_") => Self::Invalid,
            _ if name.ends_with(".json") => Self::Json,
            _ if edmx.is_none() => Self::Bare,
            _ if says(edmx, "Version", "4.01") => Self::V401,
            _ if says(edmx, "Version", "4.0") => Self::V4,
            "v1" => Self::V1,
            "v2" => Self::V2,
            "v3" if is_older => Self::V2,
            "v3" => Self::V3,
            _ => Self::V4,
        }
    }
}

/// The documents of a directory and its folders, by name.
///
/// # Errors
///
/// It cannot be read.
pub(crate) fn find(corpus: &Path) -> anyhow::Result<Vec<Document>> {
    let mut documents = Vec::new();
    find_below(corpus, "", &mut documents)
        .with_context(|| format!("reading {}", corpus.display()))?;
    documents.sort_by(|a, b| a.name.cmp(&b.name));
    let paths: Vec<PathBuf> = documents.iter().map(|document| document.path.clone()).collect();
    for document in documents.iter_mut().filter(|document| document.kind == Kind::Several) {
        let is_sibling =
            |path: &&PathBuf| path.parent() == document.path.parent() && **path != document.path;
        document.siblings = paths.iter().filter(is_sibling).cloned().collect();
    }
    Ok(documents)
}

fn find_below(folder: &Path, prefix: &str, documents: &mut Vec<Document>) -> anyhow::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let file_name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = format!("{prefix}{file_name}");
        if path.is_dir() {
            find_below(&path, &format!("{name}/"), documents)?;
        } else if name.ends_with(".xml") || name.ends_with(".json") {
            let bytes = fs::read(&path).with_context(|| name.clone())?;
            let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
            let kind = Kind::of(&name, &head);
            documents.push(Document { name, path, siblings: Vec::new(), kind });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::Kind;

    #[test]
    fn names_and_documents_tell_the_kind() {
        let edmx = "\u{feff}<?xml version='1.0'?>\n<!-- x --><edmx:Edmx Version='1.0'\n>\
                    <edmx:DataServices m:DataServiceVersion=\"1.0\">";
        let v4 = "<edmx:Edmx xmlns:edmx='x' Version='4.0'>";
        let v401 = "<Edmx Version=\"4.01\">";
        for (name, head, kind) in [
            ("graph_v1.0_v4.xml", v4, Kind::V4),
            ("azure_devops_analytics_v1.xml", v4, Kind::V4),
            ("oasis_csdl_16_1_v401.xml", v401, Kind::V401),
            ("oasis_csdl_16_1_v401.csdl.json", "{}", Kind::Json),
            ("redfish/Power_v1.xml", v4, Kind::Several),
            ("invalid_no_namespace_v2.xml", edmx, Kind::Invalid),
            ("nuget_gallery_v1.xml", edmx, Kind::V1),
            ("northwind_v3.xml", edmx, Kind::V2),
            ("colors_v3.xml", &edmx.replace("\"1.0\"", "'3.0'"), Kind::V3),
            ("effk_v2.xml", "<?xml?><Schema Namespace='N'>", Kind::Bare),
        ] {
            assert_eq!(Kind::of(name, head), kind, "{name}");
        }
    }
}
