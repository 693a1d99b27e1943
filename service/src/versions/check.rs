//! What a request of an earlier version must not name.

use axum::http::StatusCode;
use azure_media::v2_19::tables::MODEL;
use edm::model::{StructuredType, Type};
use edm::path::ResourcePath;
use edm::query::QueryOptions;
use edm::{Draft, Expr, Members, Value};

use super::ApiVersion;
use crate::error::ApiError;

impl ApiVersion {
    /// Refuses a path to what the version did not have, with what says of anything that there is
    /// not.
    pub(crate) fn check_path(self, path: &ResourcePath) -> Result<(), ApiError> {
        if self == Self::LATEST {
            return Ok(());
        }
        let mut ty: Option<&StructuredType> = None;
        for (position, segment) in path.segments.iter().enumerate() {
            let name = segment.name.as_str();
            let since = match ty {
                None if position == 0 => {
                    self.check_former(name)?;
                    match (MODEL.entity_set(name), MODEL.operation(name)) {
                        (Some(set), _) => {
                            ty = Some(set.entity_type);
                            set.since
                        }
                        (None, operation) => operation.and_then(|operation| operation.since),
                    }
                }
                None => return Ok(()),
                Some(source) => {
                    if let Some(navigation) = source.navigation(name) {
                        ty = Some(navigation.target);
                        navigation.since
                    } else if let Some(operation) = source.operation(name) {
                        operation.since
                    } else {
                        source.property(name).and_then(|(_, property)| property.since)
                    }
                }
            };
            if !self.has(since) {
                return Err(ApiError::no_segment(name));
            }
        }
        Ok(())
    }

    /// `Origins` are in the documents of their time; a service that has only what came after them
    /// has to say so.
    fn check_former(self, name: &str) -> Result<(), ApiError> {
        const ORIGINS: (ApiVersion, ApiVersion) = (ApiVersion(2), ApiVersion(6));
        if name != "Origins" || self < ORIGINS.0 || self > ORIGINS.1 {
            return Ok(());
        }
        let message = "Origins are StreamingEndpoints since 2.7, and served as such alone: ask for \
                       them with x-ms-version 2.7 or later.";
        Err(ApiError::new(StatusCode::NOT_IMPLEMENTED, message))
    }

    /// Refuses options of a query that name what a type of the version did not have.
    pub(crate) fn check_options(
        self,
        options: &QueryOptions,
        ty: &StructuredType,
    ) -> Result<(), ApiError> {
        if self == Self::LATEST {
            return Ok(());
        }
        let order = options.order_by.iter().map(|order| &order.expr);
        for expr in options.filter.iter().chain(order) {
            self.check_expr(expr, ty)?;
        }
        for name in options.select_names() {
            self.check_queried(&name, ty)?;
        }
        Ok(())
    }

    fn check_expr(self, expr: &Expr, ty: &StructuredType) -> Result<(), ApiError> {
        match expr {
            Expr::Property(path) => {
                path.first().map_or(Ok(()), |name| self.check_queried(name, ty))
            }
            Expr::Binary(_, left, right) => {
                self.check_expr(left, ty)?;
                self.check_expr(right, ty)
            }
            Expr::Not(operand) | Expr::Negate(operand) => self.check_expr(operand, ty),
            Expr::Call(_, arguments) | Expr::List(arguments) => {
                arguments.iter().try_for_each(|argument| self.check_expr(argument, ty))
            }
            // No property of its own, or nothing that the version of the protocol has.
            _ => Ok(()),
        }
    }

    fn check_queried(self, name: &str, ty: &StructuredType) -> Result<(), ApiError> {
        let property = ty.property(name).and_then(|(_, property)| property.since);
        let navigation = ty.navigation(name).and_then(|navigation| navigation.since);
        if self.has(property.or(navigation)) {
            return Ok(());
        }
        Err(ApiError::bad_request(format!(
            "Could not find a property named '{name}' on type '{}'.",
            ty.qualified_name()
        )))
    }

    /// Refuses a body with members that a type of the version did not have.
    pub(crate) fn check_draft(self, draft: &Draft, ty: &StructuredType) -> Result<(), ApiError> {
        if self == Self::LATEST {
            return Ok(());
        }
        self.check_members(&draft.members, ty)?;
        let bound = draft.bindings.iter().map(|binding| &binding.navigation);
        for name in bound.chain(draft.inline.iter().map(|inline| &inline.navigation)) {
            let navigation = ty.navigation(name);
            if !self.has(navigation.and_then(|navigation| navigation.since)) {
                return Err(unknown(name, ty));
            }
        }
        for inline in &draft.inline {
            let Some(navigation) = ty.navigation(&inline.navigation) else { continue };
            for entity in &inline.entities {
                self.check_draft(entity, navigation.target)?;
            }
        }
        Ok(())
    }

    fn check_members(self, members: &Members, ty: &StructuredType) -> Result<(), ApiError> {
        for (name, value) in members {
            let Some((_, row)) = ty.property(name) else { continue };
            if !self.has(row.since) {
                return Err(unknown(name, ty));
            }
            self.check_value(value, &row.ty)?;
        }
        Ok(())
    }

    fn check_value(self, value: &Value, ty: &Type) -> Result<(), ApiError> {
        match (value, ty) {
            (Value::Complex(members), Type::Complex(ty)) => self.check_members(members, ty),
            (Value::Collection(items), Type::Collection(item)) => {
                items.iter().try_for_each(|value| self.check_value(value, item))
            }
            _ => Ok(()),
        }
    }
}

/// As of any name that there is not.
fn unknown(name: &str, ty: &StructuredType) -> ApiError {
    ApiError::bad_request(format!(
        "The property '{name}' does not exist on type '{}'. Make sure to only use property names \
         that are defined by the type.",
        ty.qualified_name()
    ))
}
