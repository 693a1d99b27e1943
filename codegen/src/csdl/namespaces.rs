//! The XML namespaces of EDMX and CSDL, as they are seen in the wild.

use crate::model::Version;
use crate::xml::Element;

/// Of `edmx:Edmx` until V3.
const EDMX: &str = "http://schemas.microsoft.com/ado/2007/06/edmx";

/// Of `edmx:Edmx` since V4.
pub(crate) const EDMX_V4: &str = "http://docs.oasis-open.org/odata/ns/edmx";

/// Of `edmx:Edmx` in the designer of the Entity Framework, whose documents are also served.
const EDMX_OF_DESIGNER: [&str; 2] = [
    "http://schemas.microsoft.com/ado/2008/10/edmx",
    "http://schemas.microsoft.com/ado/2009/11/edmx",
];

/// Of `Schema` since V4.
pub(crate) const EDM_V4: &str = "http://docs.oasis-open.org/odata/ns/edm";

/// Of `Schema` until V3, with the version of the protocol that it came with. Services choose the
/// lowest that their model needs.
const EDM: [(&str, Version); 10] = [
    ("http://schemas.microsoft.com/ado/2006/04/edm", Version::V1),
    ("http://schemas.microsoft.com/ado/2006/04/edm/csdl", Version::V1),
    ("http://schemas.microsoft.com/ado/2007/05/edm", Version::V1),
    ("http://schemas.microsoft.com/ado/2008/01/edm", Version::V1),
    ("http://schemas.microsoft.com/ado/2008/09/edm", Version::V2),
    ("http://schemas.microsoft.com/ado/2009/08/edm", Version::V2),
    ("http://schemas.microsoft.com/ado/2008/11/edm", Version::V2),
    ("http://schemas.microsoft.com/ado/2009/11/edm", Version::V3),
    ("http://schemas.microsoft.com/ado/2010/02/edm", Version::V2),
    (EDM_V4, Version::V4),
];

/// Of `m:` attributes.
pub(crate) const METADATA: &str = "http://schemas.microsoft.com/ado/2007/08/dataservices/metadata";

/// Of `sap:` attributes.
pub(crate) const SAP: &str = "http://www.sap.com/Protocols/SAPData";

/// All namespaces of `Schema`.
pub(crate) fn edm() -> impl Iterator<Item = &'static str> {
    EDM.iter().map(|(namespace, _)| *namespace)
}

/// The version that a namespace of `Schema` came with; `None` if it is another namespace. The
/// namespaces that are known are not all there are: those that look alike are taken for V3, and a
/// schema without namespace, which is reported, for V4.
pub(crate) fn version(namespace: &str) -> Option<Version> {
    if namespace.is_empty() {
        return Some(Version::V4);
    }
    let known = EDM.iter().find(|(known, _)| *known == namespace);
    known.map(|(_, version)| *version).or_else(|| {
        let rest = namespace.strip_prefix("http://schemas.microsoft.com/ado/")?;
        rest.ends_with("/edm").then_some(Version::V3)
    })
}

/// Whether an element is of CSDL.
pub(crate) fn is_edm(element: &Element<'_>) -> bool {
    version(&element.namespace).is_some()
}

/// Whether an element is of EDMX.
pub(crate) fn is_edmx(element: &Element<'_>) -> bool {
    let namespace = &*element.namespace;
    namespace == EDMX || namespace == EDMX_V4 || EDMX_OF_DESIGNER.contains(&namespace)
}
