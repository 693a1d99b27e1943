//! Scopes in which each identifier is given once. Who gets it does not depend on the order of
//! the document.

use std::collections::{BTreeMap, BTreeSet};

use crate::diagnostic::{Findings, Span, Spanned};
use crate::names::ident::{identifier, is_identifier, plain};
use crate::names::lock::Lock;

/// Something that wants an identifier.
#[derive(Debug, Default)]
pub(crate) struct Claim {
    /// What it is called in the names lock; also who comes first among equals.
    pub(crate) key: String,
    /// What it would be called, best first. The last one is numbered until it is free.
    pub(crate) candidates: Vec<String>,
    /// Who gets the identifier that several want: the lowest.
    pub(crate) rank: u8,
    /// The name that an amendment asks for.
    pub(crate) amended: Option<Spanned<String>>,
    /// The name that it keeps although the lock does not list it: what follows from another name
    /// that the lock lists.
    pub(crate) kept: Option<String>,
}

/// Names within which identifiers must differ.
#[derive(Clone, Debug)]
pub(crate) struct Scope {
    /// What it is, for messages: "the fields of `Asset`".
    what: String,
    /// Identifiers that the emitted text uses itself.
    reserved: &'static [&'static str],
    /// Identifiers by what they are compared by, with the place of the amendment that asked.
    taken: BTreeMap<String, Option<Span>>,
    /// Identifiers that only what has them in the lock may take.
    held: BTreeSet<String>,
}

impl Scope {
    pub(crate) fn new(what: impl Into<String>, reserved: &'static [&'static str]) -> Self {
        Self { what: what.into(), reserved, taken: BTreeMap::new(), held: BTreeSet::new() }
    }

    /// The names that are taken, for a type that inherits them.
    pub(crate) fn inherit(&self, what: impl Into<String>) -> Self {
        Self { what: what.into(), held: BTreeSet::new(), ..self.clone() }
    }

    /// Keeps the identifier of a text for what has it in the lock.
    pub(crate) fn hold(&mut self, text: &str) {
        let ident = self.ident(text);
        self.held.insert(plain(&ident).to_owned());
    }

    /// The identifier of a text; one that the emitted text uses itself gets a `_`.
    fn ident(&self, text: &str) -> String {
        match self.reserved.contains(&text) {
            true => format!("{text}_"),
            false => identifier(text),
        }
    }

    /// Gives every claim an identifier; the list runs parallel to the claims.
    ///
    /// Amendments come first, then the lock, then what claims would be called by themselves, round
    /// by round. Two amendments that ask for the same name are an error.
    pub(crate) fn settle(
        &mut self,
        claims: Vec<Claim>,
        lock: &Lock,
        findings: &mut Findings,
    ) -> Vec<String> {
        let mut given: Vec<Option<String>> = vec![None; claims.len()];
        for (claim, slot) in claims.iter().zip(&mut given) {
            if let Some(name) = &claim.amended {
                *slot = Some(self.amended(name, findings));
            }
        }
        for (claim, slot) in claims.iter().zip(&mut given) {
            let pinned = lock.name(&claim.key).or(claim.kept.as_deref());
            if let (None, Some(name)) = (&slot, pinned) {
                self.held.remove(plain(&self.ident(name)));
                *slot = self.take(name);
            }
        }
        let mut open: Vec<usize> = (0..claims.len()).filter(|at| given[*at].is_none()).collect();
        open.sort_by(|a, b| {
            let (a, b) = (&claims[*a], &claims[*b]);
            (a.rank, &a.key).cmp(&(b.rank, &b.key))
        });
        let mut round = 0;
        while !open.is_empty() {
            open.retain(|at| {
                let claim = &claims[*at];
                given[*at] = match claim.candidates.get(round) {
                    Some(candidate) => self.take(candidate),
                    None => Some(self.numbered(claim)),
                };
                given[*at].is_none()
            });
            round += 1;
        }
        given.into_iter().flatten().collect()
    }

    /// Keeps a name from being given.
    pub(crate) fn occupy(&mut self, ident: &str) {
        self.taken.insert(plain(ident).to_owned(), None);
    }

    /// Takes the identifier of a text if it is free.
    fn take(&mut self, text: &str) -> Option<String> {
        let ident = self.ident(text);
        if self.taken.contains_key(plain(&ident)) || self.held.contains(plain(&ident)) {
            return None;
        }
        self.taken.insert(plain(&ident).to_owned(), None);
        Some(ident)
    }

    /// The last candidate with the first number that is free.
    fn numbered(&mut self, claim: &Claim) -> String {
        let last = claim.candidates.last().filter(|last| !last.is_empty());
        let last = last.map_or("unnamed", String::as_str);
        // `Name2`, but `name_2` and `NAME_2`.
        let is_camel = last.starts_with(char::is_uppercase) && last.contains(char::is_lowercase);
        let separator = if is_camel { "" } else { "_" };
        let mut number = 2_usize;
        loop {
            if let Some(ident) = self.take(&format!("{last}{separator}{number}")) {
                return ident;
            }
            number += 1;
        }
    }

    /// The identifier that an amendment asks for.
    fn amended(&mut self, name: &Spanned<String>, findings: &mut Findings) -> String {
        if !is_identifier(&name.value) {
            let message = format!("`{}` is not a Rust identifier", name.value);
            findings.error("names::no-identifier", name.span, message);
        }
        let ident = self.ident(&name.value);
        if let Some(first) = self.taken.insert(plain(&ident).to_owned(), Some(name.span)) {
            let message = format!("`{ident}` is taken among {}", self.what);
            let error = findings.error("names::collision", name.span, message);
            match first {
                Some(first) => error.related(first, "the other one"),
                None => error.help("ask for another name"),
            };
        }
        ident
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(key: &str, candidates: &[&str]) -> Claim {
        let candidates = candidates.iter().map(ToString::to_string).collect();
        Claim { key: key.to_owned(), candidates, ..Claim::default() }
    }

    fn settle(claims: Vec<Claim>, lock: &Lock) -> Vec<String> {
        let mut findings = Findings::default();
        let names = Scope::new("a test", &["new"]).settle(claims, lock, &mut findings);
        assert!(!findings.has_errors());
        names
    }

    #[test]
    fn the_order_of_claims_does_not_matter() {
        let claims =
            || vec![claim("b", &["x", "bx"]), claim("a", &["x", "ax"]), claim("c", &["bx"])];
        assert_eq!(settle(claims(), &Lock::default()), ["bx_2", "x", "bx"]);
        let reversed: Vec<Claim> = claims().into_iter().rev().collect();
        assert_eq!(settle(reversed, &Lock::default()), ["bx", "x", "bx_2"]);
    }

    #[test]
    fn ranks_come_before_keys_and_names_that_are_used_are_left_alone() {
        let first = Claim { rank: 1, ..claim("a", &["new"]) };
        assert_eq!(settle(vec![first, claim("b", &["new"])], &Lock::default()), ["new_2", "new_"]);
    }

    #[test]
    fn what_is_locked_keeps_its_name() {
        let mut lock = Lock::default();
        lock.pin("b", "x");
        let claims = vec![claim("a", &["x"]), claim("b", &["x"])];
        assert_eq!(settle(claims, &lock), ["x_2", "x"]);
    }

    #[test]
    fn amendments_that_collide_are_errors() {
        let amended = |key: &str| Claim {
            amended: Some(Spanned::new("Name".to_owned(), Span::default())),
            ..claim(key, &[key])
        };
        let mut findings = Findings::default();
        let claims = vec![amended("a"), amended("b")];
        Scope::new("a test", &[]).settle(claims, &Lock::default(), &mut findings);
        assert!(findings.has_errors());
    }
}
