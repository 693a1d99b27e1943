//! A change set: requests that are done together, or not at all.

use axum::http::HeaderMap;
use axum::response::Response;
use edm::batch::{self, Request};
use edm::path::Segment;
use edm::{DateTime, Draft, Record};

use super::fold::{Fold, folds};
use super::{Embedded, Failed, References, header_map, part};
use crate::app::App;
use crate::change_set::ChangeSet;
use crate::error::ApiError;
use crate::odata::call::Call;
use crate::odata::resolve::{Collection, Target, key_of, resolve, segment};
use crate::odata::{Context, reply, write};
use crate::sets::Created;
use crate::store::{Query, Source};

/// Answers a change set: each of its requests, or the one that has failed.
pub(super) async fn answer(
    app: &App,
    outer: &Call,
    requests: Vec<Request>,
) -> Vec<batch::Response> {
    match try_answer(app, outer, requests).await {
        Ok(answers) => answers,
        Err(Failed(answer)) => vec![answer],
    }
}

async fn try_answer(
    app: &App,
    outer: &Call,
    requests: Vec<Request>,
) -> Result<Vec<batch::Response>, Failed> {
    let requests = read_all(outer, requests).await?;
    let changes = match ChangeSet::begin(app).await {
        Ok(changes) => changes,
        Err(error) => return Err(Failed::new(&error, &outer.headers, None).await),
    };
    let result = Run::new(changes.app(), requests).all().await;
    match changes.end(result.is_ok()).await {
        Ok(()) => result,
        Err(error) => Err(Failed::new(&error, &outer.headers, None).await),
    }
}

/// Reads all requests before any is done: most of what is wrong can be said without a change.
async fn read_all(outer: &Call, requests: Vec<Request>) -> Result<Vec<Embedded>, Failed> {
    let mut read: Vec<Embedded> = Vec::with_capacity(requests.len());
    for request in requests {
        let (id, headers) = (request.id.clone(), header_map(&request));
        let refuse = |message: String| Err(ApiError::bad_request(message));
        let embedded = match Embedded::new(outer, request) {
            Ok(embedded) if embedded.call.method == "GET" => {
                refuse("A change set cannot have queries.".to_owned())
            }
            Ok(embedded) => match &embedded.id {
                Some(id) if read.iter().any(|other| other.id.as_ref() == Some(id)) => {
                    refuse(format!("The Content-ID '{id}' is there twice."))
                }
                _ => Ok(embedded),
            },
            Err(error) => Err(error),
        };
        match embedded {
            Ok(embedded) => read.push(embedded),
            Err(error) => return Err(Failed::new(&error, &headers, id).await),
        }
    }
    Ok(read)
}

/// A change set that is being done.
struct Run<'a> {
    app: &'a App,
    requests: Vec<Embedded>,
    folds: Vec<Option<Fold>>,
    references: References,
}

/// What a request has done.
struct Done {
    response: Response,
    /// The responses of the requests that are parts of it, by their number.
    parts: Vec<(usize, Response)>,
    /// What it has made.
    made: Option<Segment>,
}

/// A request that is a part of what another one makes.
struct Inside<'r> {
    number: usize,
    context: Context<'r>,
    fold: &'r Fold,
    draft: Draft,
}

impl From<Response> for Done {
    fn from(response: Response) -> Self {
        Self { response, parts: Vec::new(), made: None }
    }
}

impl<'a> Run<'a> {
    fn new(app: &'a App, requests: Vec<Embedded>) -> Self {
        let folds = folds(&requests);
        Self { app, requests, folds, references: References::default() }
    }

    async fn all(mut self) -> Result<Vec<batch::Response>, Failed> {
        let mut answers: Vec<_> = self.requests.iter().map(|_| None).collect();
        for at in 0..self.requests.len() {
            if self.folds[at].is_some() {
                continue;
            }
            if let Err(error) = self.references.expand_path(&mut self.requests[at].call.path) {
                return Err(self.failed(at, &error).await);
            }
            let parts = match self.parts_of(at) {
                Ok(parts) => parts,
                Err((blamed, error)) => return Err(self.failed(blamed, &error).await),
            };
            let done = match Box::pin(self.one(at, parts)).await {
                Ok(done) => done,
                Err(error) => return Err(self.failed(at, &error).await),
            };
            let id = self.requests[at].id.clone();
            if let (Some(id), Some(made)) = (id.clone(), done.made) {
                self.references.insert(id, made);
            }
            answers[at] = Some(part(done.response, id).await);
            for (number, response) in done.parts {
                answers[number] = Some(part(response, self.requests[number].id.clone()).await);
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }

    async fn failed(&self, at: usize, error: &ApiError) -> Failed {
        let request = &self.requests[at];
        Failed::new(error, &request.call.headers, request.id.clone()).await
    }

    fn context<'c>(&'c self, call: &'c Call, target: &Target) -> Result<Context<'c>, ApiError> {
        let api = call.check()?;
        let context = Context::new(self.app, call, api, target)?;
        Ok(Context { references: Some(&self.references), ..context })
    }

    /// What the requests say that are parts of what a request makes; or which of them is wrong.
    fn parts_of(&self, whole: usize) -> Result<Vec<Inside<'_>>, (usize, ApiError)> {
        let folds = self.folds.iter().enumerate();
        folds
            .filter_map(|(number, fold)| Some((number, fold.as_ref()?)))
            .filter(|(_, fold)| fold.parent == whole)
            .map(|(number, fold)| self.inside(number, fold).map_err(|error| (number, error)))
            .collect()
    }

    fn inside<'r>(&'r self, number: usize, fold: &'r Fold) -> Result<Inside<'r>, ApiError> {
        let Embedded { call, body, .. } = &self.requests[number];
        let context = self.context(call, &Target::Collection(Collection::whole(fold.part)))?;
        let draft = write::draft(&context, fold.part, body)?;
        Ok(Inside { number, context, fold, draft })
    }

    /// Does one request, with the requests that are parts of what it makes.
    async fn one(&self, at: usize, inside: Vec<Inside<'_>>) -> Result<Done, ApiError> {
        let Embedded { call, body, .. } = &self.requests[at];
        let target = Box::pin(resolve(&call.path, self.app.store.as_ref())).await?;
        let context = self.context(call, &target)?;
        let collection = match target {
            Target::Collection(collection) if call.method == "POST" => collection,
            target => return Ok(write::write(&context, target, body.clone()).await?.into()),
        };
        let mut draft = write::draft(&context, collection.set, body)?;
        let put = |Inside { number, context, fold, draft: part }| {
            (number, context, fold, fold.put(&mut draft, part))
        };
        let parts: Vec<_> = inside.into_iter().map(put).collect();
        let mut created = write::create(&context, &collection, draft).await?;
        let entity = segment(collection.set, &created.record);
        let mut responses = Vec::with_capacity(parts.len());
        for (number, context, fold, position) in parts {
            let record = self.part(fold, &created.record, position).await?;
            let created = Created { record, operation: None };
            responses.push((number, write::made(&context, fold.part, &created)?));
        }
        if !responses.is_empty() {
            // An entity with others inside was answered before it was stored.
            for name in ["Created", "LastModified"] {
                created.record.put(name, DateTime::MIN);
            }
        }
        let response = write::made(&context, collection.set, &created)?;
        Ok(Done { response, parts: responses, made: Some(entity) })
    }

    /// The part of an entity that was made at a position.
    async fn part(&self, fold: &Fold, whole: &Record, position: u64) -> Result<Record, ApiError> {
        let key = key_of(fold.set, whole);
        let query = Query {
            linked_from: Some(Source::new(fold.set.name, &key, fold.navigation.name)),
            skip: position,
            top: 1,
            ..Query::set(fold.part)
        };
        let found = self.app.store.query(&query).await?.records.pop();
        found.ok_or_else(|| ApiError::internal("a part of what was made is not there"))
    }
}

impl Failed {
    async fn new(error: &ApiError, headers: &HeaderMap, id: Option<String>) -> Self {
        Self(part(reply::error(error, headers), id).await)
    }
}
