use std::fmt;
use std::marker::PhantomData;

use edm::model::Property as Row;
use edm::{AtUpdate, Edm, Operand};

use crate::call::{Accept, CallBody};
use crate::place::Place;
use crate::request::decode_nothing;
use crate::{Call, Error, Reply, Request};

/// One property of an entity, by itself: `Products(1)/Name`.
pub struct PropertyRequest<T, A> {
    place: Place,
    row: Option<&'static Row>,
    marker: PhantomData<fn() -> (T, A)>,
}

/// Why a constant without its row in the table cannot be used: it was not made by the generator.
const UNDECLARED: &str = "the property is not in the table of its type";

impl<T, A> PropertyRequest<T, A> {
    pub(crate) fn new(owner: &Place, name: &str, row: Option<&'static Row>) -> Self {
        let place = Place { etag: owner.etag.clone(), ..owner.below(name) };
        Self { place, row, marker: PhantomData }
    }
}

impl<T: Edm, A> PropertyRequest<T, A> {
    /// Reads the value.
    pub fn get(&self) -> Request<T> {
        let (service, call) = (&self.place.service, self.place.read());
        match self.row {
            Some(row) => Request::value(service, call, &row.ty, T::from_value),
            None => Request::new(service, call, |_| Err(Error::usage(UNDECLARED))),
        }
    }

    /// Reads the value as plain text, as `$value` has it.
    pub fn text(&self) -> Request<String> {
        fn decode(reply: &Reply) -> Result<String, Error> {
            reply.text().map(str::to_owned)
        }
        let call = Call { accept: Accept::Text, ..self.place.below("$value").read() };
        Request::new(&self.place.service, call, decode)
    }
}

impl<T: Operand, A: AtUpdate> PropertyRequest<T, A> {
    /// Sets the value.
    pub fn set(&self, value: impl Into<T::Literal>) -> Request<()> {
        let value = value.into().to_value();
        let mut call = self.place.write("PUT");
        match self.row {
            Some(row) => call.body = Some(CallBody::Property(row, value)),
            None => call.problem = Some(UNDECLARED.to_owned()),
        }
        Request::new(&self.place.service, call, decode_nothing)
    }
}

impl<T, A: AtUpdate> PropertyRequest<Option<T>, A> {
    /// Sets the value to null.
    pub fn clear(&self) -> Request<()> {
        let mut call = self.place.write("DELETE");
        if !self.place.service.version().is_v4() {
            call.target.push_str("/$value");
        }
        Request::new(&self.place.service, call, decode_nothing)
    }
}

impl<T, A> fmt::Debug for PropertyRequest<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place.path)
    }
}
