//! A client that speaks one format.

use acceptance::{Reply, Service};
use edm::error::ServiceError;
use edm::json::{self, Sink};
use edm::model::{EntitySet, StructuredType, Type};
use edm::version::Version;
use edm::{DateTime, Draft, Record, Structured, Value, atom};

/// A format, by its headers.
pub(crate) struct Speaker {
    pub(crate) name: &'static str,
    accept: &'static str,
    content_type: &'static str,
    json: Option<json::Format>,
}

pub(crate) const FORMATS: &[Speaker] = &[
    Speaker {
        name: "light JSON",
        accept: "application/json;odata=minimalmetadata",
        content_type: "application/json;odata=minimalmetadata",
        json: Some(json::Format::Light),
    },
    Speaker {
        name: "verbose JSON",
        accept: "application/json;odata=verbose",
        content_type: "application/json;odata=verbose",
        json: Some(json::Format::Verbose),
    },
    Speaker {
        name: "Atom",
        accept: "application/atom+xml,application/xml",
        content_type: "application/atom+xml",
        json: None,
    },
];

/// The entities of a page, of a type that is known at run time.
struct Records {
    ty: &'static StructuredType,
    items: Vec<Record>,
}

impl Sink for Records {
    fn add(&mut self) -> &mut dyn Structured {
        let last = self.items.len();
        self.items.push(Record::new(self.ty));
        &mut self.items[last]
    }
    fn remove(&mut self) {
        self.items.pop();
    }
    fn discard(&mut self) {
        self.items.pop();
    }
}

impl Speaker {
    /// Sends a body.
    pub(crate) fn write(
        &self,
        method: &str,
        path: &str,
        draft: &Draft,
        ty: &'static StructuredType,
    ) -> Reply {
        let service = Service::shared();
        let root = service.info.api.as_str();
        let body = match self.json {
            Some(format) => json::Dialect::new(format, Version::V3).draft(draft, ty, root),
            None => atom::Layout { root, updated: DateTime::now() }.draft(draft, ty),
        };
        let call = self.call(method, path).header("content-type", self.content_type);
        call.body(body).send()
    }

    /// Sends no body.
    pub(crate) fn write_nothing(&self, method: &str, path: &str) -> Reply {
        self.call(method, path).send()
    }

    fn call(&self, method: &str, path: &str) -> acceptance::Call {
        let call = Service::shared().api.call(method, path).header("accept", self.accept);
        call.header("dataserviceversion", "3.0")
    }

    fn read(&self, path: &str) -> Reply {
        self.call("GET", path).send().expect(200)
    }

    /// The answer must be in the format that was asked for.
    fn check(&self, reply: &Reply) {
        let found = reply.header("content-type");
        let fits = match self.json {
            Some(_) => found.starts_with(self.accept),
            None => {
                found.starts_with("application/atom+xml") || found.starts_with("application/xml")
            }
        };
        assert!(fits, "{}: {reply}", self.name);
    }

    pub(crate) fn entity(&self, reply: &Reply, ty: &'static StructuredType) -> Record {
        self.check(reply);
        let mut record = Record::new(ty);
        let read = match self.json {
            Some(format) => json::Body::new(reply.text(), format).entity(&mut record),
            None => atom::Body::new(reply.text()).entity(&mut record),
        };
        read.unwrap_or_else(|error| panic!("{error}: {reply}"));
        record
    }

    pub(crate) fn get(&self, path: &str, ty: &'static StructuredType) -> Record {
        self.entity(&self.read(path), ty)
    }

    /// The entities of a set.
    pub(crate) fn list(&self, set: &EntitySet) -> Vec<Record> {
        let reply = self.read(set.name);
        self.check(&reply);
        let mut page = Records { ty: set.entity_type, items: Vec::new() };
        let read = match self.json {
            Some(format) => json::Body::new(reply.text(), format).page(&mut page),
            None => atom::Body::new(reply.text()).page(&mut page),
        };
        read.unwrap_or_else(|error| panic!("{error}: {reply}"));
        page.items
    }

    /// A property, or the result of a function.
    pub(crate) fn value(&self, path: &str, ty: &Type) -> Value {
        let reply = self.read(path);
        self.check(&reply);
        let read = match self.json {
            Some(format) => json::Body::new(reply.text(), format).value(ty),
            None => atom::Body::new(reply.text()).value(ty),
        };
        read.unwrap_or_else(|error| panic!("{error}: {reply}"))
    }

    /// The error that an answer is, in the format that was asked for.
    pub(crate) fn error(&self, reply: &Reply) -> ServiceError {
        self.check(reply);
        ServiceError::parse(reply.text()).unwrap_or_else(|| panic!("no error: {reply}"))
    }
}
