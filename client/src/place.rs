use edm::Extra;
use edm::Structured;
use edm::filter::{BinaryOp, Expr, Step};
use edm::literal::Literal;
use edm::path::{Argument, KeyPredicate, Segment};
use edm::query::QueryOptions;
use edm::version::Version;

use crate::call::Accept;
use crate::dialect::Preference;
use crate::{Call, Service};

/// Where something is and what is asked of it: all of a request but its Rust type. What happens
/// to it happens here, once, and not for every type.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) service: Service,
    /// Relative to the service root, percent-encoded; or a URL that the service handed out.
    pub(crate) path: String,
    pub(crate) query: QueryOptions,
    pub(crate) wishes: Vec<Preference>,
    /// The state that a change is for; `*` is any.
    pub(crate) etag: Option<String>,
}

impl Place {
    pub(crate) fn new(service: &Service, path: String, query: QueryOptions) -> Self {
        Self { service: service.clone(), path, query, wishes: Vec::new(), etag: None }
    }

    /// Something of the container.
    pub(crate) fn named(service: &Service, name: &str) -> Self {
        let path = Segment::new(name).display(service.version()).to_string();
        Self::new(service, path, QueryOptions::default())
    }

    pub(crate) fn segment(&self, segment: &str) -> String {
        let slash = if self.path.is_empty() { "" } else { "/" };
        format!("{}{slash}{segment}", self.path)
    }

    /// What a segment leads to. The parameters of a composed function are needed there as well.
    pub(crate) fn below(&self, segment: &str) -> Self {
        let custom = self.query.custom.clone();
        let query = QueryOptions { custom, ..QueryOptions::default() };
        Self::new(&self.service, self.segment(segment), query)
    }

    /// The same as another type.
    pub(crate) fn cast(mut self, type_name: &str) -> Self {
        self.path = self.segment(type_name);
        self
    }

    /// The entity with this key.
    pub(crate) fn keyed(&self, names: &[&str], literals: Vec<Literal>) -> Self {
        self.with_key(&KeyPredicate::new(names, literals))
    }

    /// The entity with these values of an alternate key.
    pub(crate) fn alternate(&self, names: &[&str], literals: Vec<Literal>) -> Self {
        let names = names.iter().map(|name| (*name).to_owned());
        let arguments = literals.into_iter().map(Argument::Literal);
        self.with_key(&KeyPredicate::Named(names.zip(arguments).collect()))
    }

    fn with_key(&self, key: &KeyPredicate) -> Self {
        let path = format!("{}({})", self.path, key.display(self.service.version()));
        Self::new(&self.service, path, QueryOptions::default())
    }

    /// The entity that was read before, which is among those here: where the service said that it
    /// is edited, or else by its key; in the state in which it was read.
    pub(crate) fn of_entity(
        &self,
        entity: &dyn Structured,
        names: &[&str],
        literals: Vec<Literal>,
    ) -> Self {
        let payload = entity.extra().and_then(Extra::payload);
        let edit_link = payload.and_then(|payload| payload.edit_link.clone());
        let mut place = match edit_link {
            Some(link) => Self::new(&self.service, link, QueryOptions::default()),
            None => self.keyed(names, literals),
        };
        place.etag = payload.and_then(|payload| payload.etag.clone());
        place
    }

    /// Holds changes to the state in which an entity was read.
    pub(crate) fn guard(&mut self, entity: &dyn Structured) {
        // An empty one is told when a change is sent.
        self.etag = Some(entity.extra().and_then(Extra::etag).unwrap_or_default().to_owned());
    }

    /// Narrows a filter.
    pub(crate) fn filter(&mut self, filter: Expr) {
        self.query.filter = Some(match self.query.filter.take() {
            Some(earlier) => Expr::binary(BinaryOp::And, earlier, filter),
            None => filter,
        });
    }

    /// The call that reads what is here.
    pub(crate) fn read(&self) -> Call {
        self.read_at(&self.path)
    }

    /// The call that counts what is here.
    pub(crate) fn count(&self) -> Call {
        let call = self.read_at(&self.segment("$count"));
        Call { accept: Accept::Text, needs: call.needs.max(Version::V2), ..call }
    }

    fn read_at(&self, path: &str) -> Call {
        let target = match self.query.to_query(self.service.version()) {
            query if query.is_empty() => path.to_owned(),
            query => format!("{path}?{query}"),
        };
        let mut call = Call { needs: needs(&self.query), ..Call::get(target) };
        for &wish in &self.wishes {
            call.wish(wish, self.service.dialect());
        }
        call
    }

    /// A call that changes what is here.
    pub(crate) fn write(&self, method: &'static str) -> Call {
        let mut call = Call::write(method, self.path.as_str(), None);
        call.guard(self.etag.as_deref());
        call
    }
}

/// The lowest version of V1 to V3 that knows the options.
fn needs(options: &QueryOptions) -> Version {
    if options.filter.as_ref().is_some_and(has_lambda) {
        Version::V3
    } else if options.inline_count || !options.select.is_empty() {
        Version::V2
    } else {
        Version::V1
    }
}

/// Whether `any` or `all` is in an expression.
fn has_lambda(expr: &Expr) -> bool {
    match expr {
        Expr::Path(steps) => steps.iter().any(|step| matches!(step, Step::Lambda(..))),
        Expr::Binary(_, left, right) => has_lambda(left) || has_lambda(right),
        Expr::Not(inner) | Expr::Negate(inner) => has_lambda(inner),
        Expr::Call(_, arguments) => arguments.iter().any(has_lambda),
        _ => false,
    }
}
