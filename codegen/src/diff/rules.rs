//! What breaks whom. See `docs/versions.md` for the same rules in words.
//!
//! Readers and writers are programs built against the old model that talk to the new service. They
//! are lenient as generated clients are: what they do not know is kept. Source is their code, when
//! the client is generated from the new model.

use super::change::{Aspect, Direction, Effect, Step, Subject, Verdict, What};
use Direction::{Narrower, Other, Wider};
use Verdict::{Breaking, Compatible, Unaffected};

/// The verdicts for readers, writers and source.
type Verdicts = (Verdict, Verdict, Verdict);

/// Nothing that a program can notice.
const NOTHING: Verdicts = (Unaffected, Unaffected, Unaffected);

/// What a change means.
pub(super) fn judge(subject: Subject, what: &What) -> Effect {
    let (readers, writers, source) = match what {
        What::Added { required } => added(subject, *required),
        What::Removed => removed(subject),
        What::Changed { aspect, direction, .. } => changed(subject, *aspect, *direction),
    };
    let is_breaking = [readers, writers, source].iter().any(|verdict| verdict.is_breaking());
    let step = if is_breaking {
        Step::Major
    } else if source != Unaffected {
        Step::Minor
    } else {
        Step::Patch
    };
    Effect { readers, writers, source, step }
}

const MORE: Verdict = Compatible("there is more to use");

fn added(subject: Subject, required: bool) -> Verdicts {
    match (subject, required) {
        (Subject::Parameter, true) => (
            Unaffected,
            Breaking("a call without it is refused"),
            Breaking("the method takes one more argument"),
        ),
        (Subject::Parameter, false) => (
            Unaffected,
            Compatible("a call without it is taken as with null"),
            Breaking("the method takes one more argument"),
        ),
        (_, true) => (
            Compatible("clients that do not know it keep it as undeclared"),
            Breaking("a create without it is refused"),
            MORE,
        ),
        (Subject::Property | Subject::Navigation, false) => {
            (Compatible("clients that do not know it keep it as undeclared"), Unaffected, MORE)
        }
        (Subject::Member, false) => {
            (Compatible("clients that do not know it keep it as unknown"), Unaffected, MORE)
        }
        _ => (Unaffected, Unaffected, MORE),
    }
}

fn removed(subject: Subject) -> Verdicts {
    let source = Breaking("what uses it does not compile");
    match subject {
        Subject::Property => (
            Breaking("it is not sent any more, and is read as if it was null or empty"),
            Breaking("a request that sets it, or filters by it, is refused"),
            source,
        ),
        Subject::Member => (
            Compatible("it does not occur any more"),
            Breaking("a request with it is refused"),
            source,
        ),
        Subject::Parameter => {
            let source = Breaking("the method takes one argument less");
            (Unaffected, Breaking("a call with it is refused"), source)
        }
        Subject::Operation => (Unaffected, Breaking("calls fail"), source),
        Subject::EntitySet | Subject::Singleton | Subject::Navigation | Subject::Container => {
            (Breaking("its URL is gone"), Breaking("its URL is gone"), source)
        }
        Subject::EntityType | Subject::ComplexType | Subject::EnumType => {
            (Unaffected, Breaking("a request that names it is refused"), source)
        }
        Subject::TypeDefinition | Subject::Service => (Unaffected, Unaffected, source),
    }
}

fn changed(subject: Subject, aspect: Aspect, direction: Direction) -> Verdicts {
    match aspect {
        Aspect::Version => {
            let why = Breaking("requests and payloads are written in another way");
            (why, why, Compatible("the client speaks the new version"))
        }
        Aspect::Type | Aspect::UnderlyingType | Aspect::Result => typed(subject, aspect, direction),
        Aspect::Nullable => nullable(subject, direction),
        Aspect::Facet(_) => facet(direction),
        Aspect::Default => {
            (Unaffected, Compatible("a create without it has another result"), Unaffected)
        }
        Aspect::Access | Aspect::Links => permission(
            direction,
            Breaking("a request that sets it is refused"),
            Breaking("setting it does not compile"),
        ),
        Aspect::Required => match direction {
            Narrower => (Unaffected, Breaking("a create without it is refused"), Unaffected),
            _ => (Unaffected, Compatible("a create may leave it out"), Unaffected),
        },
        Aspect::ConcurrencyControl => match direction {
            Narrower => {
                (Unaffected, Breaking("a change without If-Match may be refused"), Unaffected)
            }
            _ => (Unaffected, Compatible("If-Match is not needed any more"), Unaffected),
        },
        Aspect::Key => {
            let why = Breaking("entities are addressed in another way");
            (why, why, Breaking("the type of the key is another one"))
        }
        Aspect::AlternateKeys => permission(
            direction,
            Breaking("requests that address by them fail"),
            Breaking("what addresses by them does not compile"),
        ),
        Aspect::BaseType => match direction {
            Wider => (Compatible("casts to the base type are new"), Unaffected, MORE),
            _ => (
                Breaking("requests that cast to the old base type fail"),
                Breaking("requests that cast to the old base type fail"),
                Breaking("casts between the two do not compile"),
            ),
        },
        Aspect::Abstract => permission(
            direction,
            Breaking("a create of the type itself is refused"),
            Compatible("values are of derived types"),
        ),
        Aspect::Open => permission(
            direction,
            Breaking("a request with properties that are not declared is refused"),
            Compatible("undeclared properties may not be sent any more"),
        ),
        Aspect::MediaStream => match direction {
            Wider => (MORE, Breaking("a create begins with the bytes of the stream"), MORE),
            _ => {
                let why = Breaking("the stream is gone");
                (why, why, Compatible("calls still compile"))
            }
        },
        Aspect::Multiplicity => multiplicity(direction),
        Aspect::EntityType | Aspect::Containment | Aspect::DefaultContainer => {
            let why = match aspect {
                Aspect::EntityType => Breaking("entities are of another type"),
                _ => Breaking("URLs are other ones"),
            };
            (why, why, Breaking("it is typed in another way"))
        }
        Aspect::Flags => (
            Breaking("values may be sums of members, or are not any more"),
            Breaking("values may be sums of members, or are not any more"),
            Breaking("the type is made in another way"),
        ),
        Aspect::Value => {
            let why = Breaking("the same number means something else");
            (why, why, Compatible("the name is the same"))
        }
        Aspect::NamedValue => (Unaffected, Unaffected, Compatible("the wire carries the name")),
        Aspect::Verb("list" | "get") => match direction {
            Narrower => {
                let why = Breaking("reads are refused");
                (why, Unaffected, Compatible("the generated client says so"))
            }
            _ => (MORE, Unaffected, MORE),
        },
        Aspect::Verb(_) => permission(
            direction,
            Breaking("requests are refused"),
            Compatible("the generated client says so"),
        ),
        Aspect::Kind | Aspect::Method => {
            let why = Breaking("calls are made in another way");
            (Unaffected, why, Compatible("the method is generated for it"))
        }
        Aspect::Composable => match direction {
            Narrower => (
                Breaking("queries over the result are refused"),
                Unaffected,
                Breaking("queries over the result do not compile"),
            ),
            _ => (MORE, Unaffected, Breaking("the method returns something else")),
        },
        Aspect::ParameterOrder => {
            let source = Breaking("the arguments of the method are in another order");
            (Unaffected, Compatible("parameters go by name"), source)
        }
        Aspect::Deprecation => (Unaffected, Unaffected, Compatible("a warning of the compiler")),
        Aspect::Partner | Aspect::Documentation => NOTHING,
    }
}

fn typed(subject: Subject, aspect: Aspect, direction: Direction) -> Verdicts {
    let source = match aspect {
        Aspect::Result => Breaking("the method returns another type"),
        _ => Breaking("the Rust type is another one"),
    };
    let read = match direction {
        Narrower => Compatible("every value fits the old type"),
        _ => Breaking("values may not fit the old type"),
    };
    let written = match direction {
        Wider => Compatible("every old value fits the new type"),
        _ => Breaking("values may not fit the new type"),
    };
    match (subject, aspect) {
        (Subject::Parameter, _) => (Unaffected, written, source),
        (_, Aspect::Result) => (read, Unaffected, source),
        _ => (read, written, source),
    }
}

fn nullable(subject: Subject, direction: Direction) -> Verdicts {
    let source = Breaking("the Rust type gains or loses its `Option`");
    match (subject, direction) {
        (Subject::Parameter, Wider) => (Unaffected, Compatible("null is taken, too"), source),
        (Subject::Parameter, _) => (Unaffected, Breaking("a call with null is refused"), source),
        (Subject::Operation, Wider) => {
            (Breaking("null comes where none was expected"), Unaffected, source)
        }
        (Subject::Operation, _) => (Compatible("null does not occur any more"), Unaffected, source),
        (_, Wider) => (
            Breaking("null comes where none was expected"),
            Compatible("null is taken, too"),
            source,
        ),
        _ => (
            Compatible("null does not occur any more"),
            Breaking("a request with null is refused"),
            source,
        ),
    }
}

fn facet(direction: Direction) -> Verdicts {
    match direction {
        Wider => (Compatible("values may be longer or finer"), Unaffected, Unaffected),
        Narrower => {
            (Unaffected, Breaking("values that were in the limits are refused"), Unaffected)
        }
        Other => (
            Compatible("values have other limits"),
            Breaking("values that were in the limits may be refused"),
            Unaffected,
        ),
    }
}

fn multiplicity(direction: Direction) -> Verdicts {
    match direction {
        // One becomes at most one.
        Wider => (
            Breaking("there may be no entity where there was always one"),
            Compatible("it may be left unbound"),
            Unaffected,
        ),
        Narrower => (
            Compatible("there is always an entity"),
            Breaking("a request that leaves it unbound is refused"),
            Unaffected,
        ),
        Other => {
            let why = Breaking("one entity is not read like many");
            (why, why, Breaking("it is typed in another way"))
        }
    }
}

/// Something that clients may do, or not.
fn permission(direction: Direction, writers: Verdict, source: Verdict) -> Verdicts {
    match direction {
        Wider => (Unaffected, MORE, MORE),
        _ => (Unaffected, writers, source),
    }
}
