//! Complex types that contain themselves would be infinite; those that do so through a nullable
//! property need a `Box`, which generated code does not have yet.

use crate::diagnostic::Findings;
use crate::model::{Model, Type};

/// Reports every complex type that contains itself by value.
pub(crate) fn check(model: &Model, findings: &mut Findings) {
    for start in 0..model.complex_types.len() {
        if reaches(model, start) {
            let label = &model.complex_types[start].label;
            let message = format!("the complex type `{}` contains itself", label.name);
            findings
                .error("csdl::unsupported", label.span, message)
                .help("complex types may only be recursive through collections");
        }
    }
}

/// Whether a type is among its own members, directly or not.
fn reaches(model: &Model, start: usize) -> bool {
    let mut seen = vec![false; model.complex_types.len()];
    let mut open = vec![start];
    while let Some(at) = open.pop() {
        for property in &model.complex_types[at].properties {
            let Type::Complex(member) = property.ty else { continue };
            if member.0 == start {
                return true;
            }
            if let Some(seen) = seen.get_mut(member.0).filter(|seen| !**seen) {
                *seen = true;
                open.push(member.0);
            }
        }
    }
    false
}
