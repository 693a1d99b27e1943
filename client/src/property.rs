use std::fmt;
use std::marker::PhantomData;

use edm::model::Property as Row;
use edm::{AtUpdate, Edm, Operand};

use crate::call::{Accept, CallBody};
use crate::entity::undeclared;
use crate::request::decode_nothing;
use crate::{Call, Error, Reply, Request, Service};

/// One property of an entity, by itself: `Products(1)/Name`.
pub struct PropertyRequest<T, A> {
    service: Service,
    path: String,
    etag: Option<String>,
    row: Option<&'static Row>,
    marker: PhantomData<fn() -> (T, A)>,
}

impl<T, A> PropertyRequest<T, A> {
    pub(crate) fn new(
        service: Service,
        path: String,
        etag: Option<String>,
        row: Option<&'static Row>,
    ) -> Self {
        Self { service, path, etag, row, marker: PhantomData }
    }

    fn write(&self, mut call: Call) -> Request<()> {
        call.guard(self.etag.as_deref());
        Request::new(self.service.clone(), call, decode_nothing)
    }
}

impl<T: Edm, A> PropertyRequest<T, A> {
    /// Reads the value.
    pub fn get(&self) -> Request<T> {
        let call = Call::get(self.path.as_str());
        match self.row {
            Some(row) => Request::value(self.service.clone(), call, &row.ty, T::from_value),
            None => Request::new(self.service.clone(), call, |_| Err(undeclared())),
        }
    }

    /// Reads the value as plain text, as `$value` has it.
    pub fn text(&self) -> Request<String> {
        fn decode(reply: &Reply) -> Result<String, Error> {
            reply.text().map(str::to_owned)
        }
        let call = Call { accept: Accept::Text, ..Call::get(format!("{}/$value", self.path)) };
        Request::new(self.service.clone(), call, decode)
    }
}

impl<T: Operand, A: AtUpdate> PropertyRequest<T, A> {
    /// Sets the value.
    pub fn set(&self, value: impl Into<T::Literal>) -> Request<()> {
        let value = value.into().to_value();
        let mut call = Call::write("PUT", self.path.as_str(), None);
        match self.row {
            Some(row) => call.body = Some(CallBody::Property(row, value)),
            None => call.problem = Some(undeclared().to_string()),
        }
        self.write(call)
    }
}

impl<T, A: AtUpdate> PropertyRequest<Option<T>, A> {
    /// Sets the value to null.
    pub fn clear(&self) -> Request<()> {
        let below = if self.service.version().is_v4() { "" } else { "/$value" };
        self.write(Call::write("DELETE", format!("{}{below}", self.path), None))
    }
}

impl<T, A> fmt::Debug for PropertyRequest<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.path)
    }
}
