//! What has changed between two versions of a model, and what that breaks.
//!
//! ```
//! use odata_codegen::{Source, diff, read_model};
//! # fn document(property: &str) -> String {
//! #     format!(r#"<Edmx Version="1.0" xmlns="http://schemas.microsoft.com/ado/2007/06/edmx"
//! #         ><DataServices m:DataServiceVersion="3.0"
//! #         xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata"><Schema
//! #         Namespace="N" xmlns="http://schemas.microsoft.com/ado/2009/11/edm"><EntityType
//! #         Name="T"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.Int32"
//! #         Nullable="false"/>{property}</EntityType><EntityContainer Name="C"><EntitySet
//! #         Name="Ts" EntityType="N.T"/></EntityContainer></Schema></DataServices></Edmx>"#)
//! # }
//! # let old = document("");
//! # let new = document("<Property Name=\"Note\" Type=\"Edm.String\"/>");
//! # let source = |text: String| Source { name: "metadata.xml".to_owned(), text };
//! let old = read_model(&[source(old)], &[])?;
//! let new = read_model(&[source(new)], &[])?;
//! let changes = diff::diff(&old, &new);
//! assert_eq!(changes[0].to_string(), "property `N.T/Note` added");
//! assert_eq!(diff::step(&changes), Some(diff::Step::Minor));
//! # Ok::<(), odata_codegen::Diagnostics>(())
//! ```

mod change;
mod compare;
mod container;
mod operation;
mod report;
mod rules;
mod structured;

pub use change::{Aspect, Change, Direction, Effect, Step, Subject, Verdict, What};
pub use report::{json, markdown, text};

use crate::model::Model;

/// The differences between two models: by type, then by container, in the order of the old
/// document, with what is new behind what it had. A change of what a type inherits is told once,
/// with the type that declares it.
pub fn diff(old: &Model, new: &Model) -> Vec<Change> {
    let mut comparison = compare::Comparison::new(old, new);
    comparison.service();
    comparison.type_definitions();
    comparison.enum_types();
    comparison.structured_types();
    comparison.containers();
    comparison.changes
}

/// The step that the version of a crate with the new client needs: the greatest of all changes.
/// `None` if there are none.
pub fn step(changes: &[Change]) -> Option<Step> {
    changes.iter().map(|change| change.effect.step).max()
}
