//! The documents that a document refers to. Whoever has the documents loads them: nothing here
//! opens a file or a connection.

use std::sync::Arc;

use crate::csdl::{self, Edmx};
use crate::diagnostic::{Diagnostics, Findings, Mode, Span};
use crate::source::Source;

/// A reference to another document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The address, absolute or relative to the document.
    pub uri: String,
    /// Where the address is written.
    pub span: Span,
    /// The schemas that the document uses.
    pub includes: Vec<Include>,
    /// The namespaces of the terms of annotations that the document wants.
    pub annotations: Vec<String>,
}

/// A schema of another document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Include {
    /// Its namespace.
    pub namespace: String,
    /// What the referring document calls it.
    pub alias: Option<String>,
}

impl Reference {
    /// Whether it is only to vocabularies of OASIS or SAP. What their terms mean is known, so
    /// these documents need not be loaded.
    pub fn is_vocabulary(&self) -> bool {
        const VOCABULARIES: [&str; 2] = ["Org.OData.", "com.sap.vocabularies."];
        let is_known = |namespace: &str| VOCABULARIES.iter().any(|v| namespace.starts_with(v));
        let namespaces = self.includes.iter().map(|include| include.namespace.as_str());
        let mut namespaces = namespaces.chain(self.annotations.iter().map(String::as_str));
        namespaces.all(is_known)
    }
}

/// The references of a document, in the order of the document. Documents may refer to each other
/// in a circle: load each address once.
///
/// # Errors
///
/// What keeps the document from being read at all. What is wrong in it otherwise is told when it
/// is read for good.
pub fn references(document: &Source) -> Result<Vec<Reference>, Diagnostics> {
    let mut findings = Findings::new(Mode::Lenient);
    let mut edmx = Edmx::new(1);
    if !csdl::read(0, document, &mut edmx, &mut findings) {
        return Err(findings.finish(Arc::from([document.clone()])));
    }
    Ok(edmx.documents.into_iter().flat_map(|document| document.references).collect())
}
