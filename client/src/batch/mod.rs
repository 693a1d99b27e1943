//! Several calls in one request; what comes back is in `results.rs`.

mod results;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use edm::batch::{self as wire, Ids, Part as WirePart};
use edm::query::QueryOptions;
use edm::version::Version;

pub use results::BatchResults;

use crate::call::{Accept, CallBody, is_absolute, refuse};
use crate::dialect::Preference;
use crate::place::Place;
use crate::request::Decode;
use crate::{Addressed, Call, EntityRequest, Error, Idempotency, Reply, Request, Service};

/// Several calls in one request; made by [`Service::batch`].
///
/// ```no_run
/// # async fn f<E: odata_client::Addressed<Request = odata_client::EntityRequest<E>>>(
/// #     service: odata_client::Service,
/// #     name: edm::Property<E, String>,
/// # ) -> Result<(), odata_client::Error> {
/// let products = service.set::<E>("Products");
/// let mut batch = service.batch();
/// let few = batch.add(products.clone().top(5).list());
/// let mut changes = batch.change_set();
/// let made = changes.add(products.create().set(name, "new"));
/// changes.add(made.entity().update().set(name, "newer"));
/// let results = batch.send().await?;
/// println!("{} and {:?}", results.get(&few)?.items.len(), results.get(&made).is_ok());
/// # Ok(()) }
/// ```
#[derive(Debug)]
pub struct Batch {
    id: BatchId,
    service: Service,
    parts: Vec<Calls>,
    /// How many calls there are; ids are counted from 1.
    count: usize,
    in_json: bool,
    goes_on: bool,
    /// Whether URLs are absolute.
    absolute: bool,
}

#[derive(Debug)]
enum Calls {
    One(Box<Numbered>),
    ChangeSet(Vec<Numbered>),
}

#[derive(Debug)]
struct Numbered {
    id: usize,
    call: Call,
}

/// Calls that are done as one or not at all.
#[derive(Debug)]
pub struct ChangeSet<'a> {
    batch: &'a mut Batch,
    /// Where it is in the batch, once there is a call in it.
    part: Option<usize>,
}

/// The place of one call in a batch: [`BatchResults::get`] gives its result.
pub struct BatchHandle<T> {
    service: Service,
    /// The batch that it is of.
    batch: BatchId,
    id: usize,
    decode: Decode<T>,
}

/// Tells batches of this process apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct BatchId(u64);

impl BatchId {
    /// One that no other batch has.
    fn next() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

impl Service {
    /// Starts a batch.
    pub fn batch(&self) -> Batch {
        Batch {
            id: BatchId::next(),
            service: self.clone(),
            parts: Vec::new(),
            count: 0,
            in_json: false,
            goes_on: false,
            absolute: self.version() == Version::V3,
        }
    }
}

impl Batch {
    /// Sends it as JSON, which services know since V4.01; as `multipart/mixed` otherwise.
    #[must_use]
    pub fn json(mut self) -> Self {
        self.in_json = true;
        self
    }

    /// Wishes that the service does what comes after a call that fails; services of V4 stop there
    /// otherwise, and those up to V3 never do.
    #[must_use]
    pub fn continue_on_error(mut self) -> Self {
        self.goes_on = true;
        self
    }

    /// Writes absolute URLs: the default in V3, where Microsoft's client writes them and some
    /// services, such as the tables of Azure, take no others.
    #[must_use]
    pub fn absolute_urls(mut self) -> Self {
        self.absolute = true;
        self
    }

    /// Writes URLs relative to the service root: the default in all versions but V3; some services
    /// of V2, such as those of SAP's CAP, take no others. A service behind a proxy may know itself
    /// by another host than its clients do, and want these in any version.
    #[must_use]
    pub fn relative_urls(mut self) -> Self {
        self.absolute = false;
        self
    }

    /// Adds a call. One that writes is a change set by itself: services up to V3 want it so.
    pub fn add<T>(&mut self, request: impl Into<Request<T>>) -> BatchHandle<T> {
        let request = request.into();
        if request.call.idempotency == Idempotency::Write && request.call.method != "GET" {
            return self.change_set().add(request);
        }
        let (numbered, handle) = self.number(request);
        self.parts.push(Calls::One(Box::new(numbered)));
        handle
    }

    /// Starts a change set: its calls are done as one or not at all.
    pub fn change_set(&mut self) -> ChangeSet<'_> {
        ChangeSet { batch: self, part: None }
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// All calls; their ids are 1, 2 and so on.
    fn calls(&self) -> impl Iterator<Item = &Numbered> {
        self.parts.iter().flat_map(|part| match part {
            Calls::One(one) => std::slice::from_ref(&**one),
            Calls::ChangeSet(calls) => calls,
        })
    }

    fn number<T>(&mut self, request: Request<T>) -> (Numbered, BatchHandle<T>) {
        self.count += 1;
        let id = self.count;
        let Request { service, call, decode } = request;
        (Numbered { id, call }, BatchHandle { service, batch: self.id, id, decode })
    }

    /// Sends the batch.
    ///
    /// # Errors
    ///
    /// The service refuses the batch as a whole, there is no answer, or it is not that of a batch.
    /// What happens to each call is in the results.
    pub async fn send(self) -> Result<BatchResults, Error> {
        if self.parts.is_empty() {
            return Ok(BatchResults { batch: self.id, replies: Vec::new() });
        }
        let reply = self.service.send(&self.call()?).await?;
        let read = if is_json(&reply) {
            reply.text().and_then(|text| wire::read_json_responses(text).map_err(Error::payload))
        } else {
            let content_type = reply.header("content-type").unwrap_or_default();
            wire::read_responses(content_type, &reply.body).map_err(Error::payload)
        };
        let answers = read.map_err(|error| reply.blame(error))?;
        Ok(BatchResults { batch: self.id, replies: self.assign(answers, &reply) })
    }

    /// The call that carries all others.
    fn call(&self) -> Result<Call, Error> {
        let is_v4 = self.service.version().is_v4();
        let mut parts = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            parts.push(match part {
                Calls::One(one) => WirePart::One(self.request(one)?),
                Calls::ChangeSet(calls) => WirePart::ChangeSet(
                    calls.iter().map(|one| self.request(one)).collect::<Result<_, _>>()?,
                ),
            });
        }
        let (content_type, bytes, accept) = if self.in_json {
            let text = wire::write_json_requests(&parts);
            ("application/json".to_owned(), text.into_bytes(), Accept::Data)
        } else {
            let ids = if is_v4 { Ids::Outer } else { Ids::Inner };
            let seed = uuid::Uuid::new_v4().to_string();
            let written = wire::write_requests(&parts, ids, &seed);
            (written.content_type, written.body, Accept::Multipart)
        };
        let body = CallBody::Bytes { content_type, bytes: bytes.into() };
        let mut call = Call::write("POST", "$batch", Some(body));
        call.accept = accept;
        if self.goes_on {
            call.wish(Preference::ContinueOnError, self.service.dialect());
        }
        if self.calls().all(|one| one.call.idempotency == Idempotency::Read) {
            call.idempotency = Idempotency::Read;
        }
        Ok(call)
    }

    fn request(&self, one: &Numbered) -> Result<wire::Request, Error> {
        let Numbered { id, call } = one;
        refuse(call)?;
        let root = self.service.root();
        let headers = self.service.part_headers(call)?;
        let text = |value: &http::HeaderValue| value.to_str().ok().map(str::to_owned);
        let headers = headers.iter();
        let headers = headers.filter_map(|(name, value)| Some((name.to_string(), text(value)?)));
        let body = call
            .body
            .as_ref()
            .map(|body| body.to_bytes(self.service.dialect(), root.as_str()).to_vec());
        Ok(wire::Request {
            id: Some(id.to_string()),
            method: call.method.to_owned(),
            url: match self.absolute && !is_absolute(&call.target) {
                true => format!("{root}{}", call.target),
                false => call.target.clone(),
            },
            headers: headers.collect(),
            body: body.unwrap_or_default(),
            depends_on: self.depends_on(one),
        })
    }

    /// What a JSON batch must say that a call depends on: the call whose entity its URL names, and
    /// the change set of that one, if it is another.
    fn depends_on(&self, one: &Numbered) -> Vec<String> {
        let rest = one.call.target.strip_prefix('$').unwrap_or_default();
        let digits = rest.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
        let Some(id) = digits.parse().ok().filter(|id| (1..one.id).contains(id)) else {
            return Vec::new();
        };
        let contains = |calls: &[Numbered], id: usize| calls.iter().any(|call| call.id == id);
        let other = self.parts.iter().position(|part| match part {
            Calls::One(_) => false,
            Calls::ChangeSet(calls) => contains(calls, id) && !contains(calls, one.id),
        });
        let group = other.map(wire::json_group);
        [id.to_string()].into_iter().chain(group).collect()
    }
}

fn is_json(reply: &Reply) -> bool {
    let content_type = reply.header("content-type").unwrap_or_default();
    content_type.trim_start().to_ascii_lowercase().starts_with("application/json")
}

impl ChangeSet<'_> {
    /// Adds a call that writes.
    pub fn add<T>(&mut self, request: impl Into<Request<T>>) -> BatchHandle<T> {
        let (numbered, handle) = self.batch.number(request.into());
        match self.part.and_then(|at| self.batch.parts.get_mut(at)) {
            Some(Calls::ChangeSet(calls)) => calls.push(numbered),
            _ => {
                self.part = Some(self.batch.parts.len());
                self.batch.parts.push(Calls::ChangeSet(vec![numbered]));
            }
        }
        handle
    }
}

impl<E: Addressed> BatchHandle<E> {
    /// The entity that the call creates, for later calls of the batch: `$1`. Up to V3, only those
    /// of the same change set can name it.
    pub fn entity(&self) -> E::Request {
        let path = format!("${}", self.id);
        EntityRequest::at(Place::new(&self.service, path, QueryOptions::default())).into()
    }
}

impl<T> fmt::Debug for BatchHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}", self.id)
    }
}
