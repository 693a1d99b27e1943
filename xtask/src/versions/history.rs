//! Since when, and until when, the model has what it has.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use anyhow::{Context as _, bail};
use toml::{Table, Value};

/// The latest version: that of the document which is written by hand.
const LATEST: Version = Version(19);

/// A version of the service: `2.` and this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Version(u32);

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "2.{}", self.0)
    }
}

impl FromStr for Version {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let minor = text.strip_prefix("2.").filter(|minor| !minor.starts_with('+'));
        let minor = minor.and_then(|minor| minor.parse().ok());
        minor.map(Self).with_context(|| format!("'{text}' is no version such as 2.11"))
    }
}

/// What earlier versions had.
pub(super) struct Former {
    since: Version,
    until: Version,
    /// CSDL for the schema.
    pub(super) types: String,
    /// CSDL for the entity container.
    pub(super) members: String,
}

/// What is known of all versions.
pub(super) struct History {
    /// By kind and name, such as `property` and `Asset.Uri`; what is not there was always there.
    since: BTreeMap<(&'static str, String), Version>,
    former: Vec<Former>,
}

/// The tables of the amendments that stand for something in a document.
const KINDS: [&str; 5] = ["type", "property", "navigation", "operation", "set"];

impl History {
    /// Reads the amendments of the latest document, and what is in no document any more.
    pub(super) fn read(amendments: &str, former: &str) -> anyhow::Result<Self> {
        let amendments: Table = amendments.parse().context("reading the amendments")?;
        let mut since = BTreeMap::new();
        for kind in KINDS {
            let entries = amendments.get(kind).and_then(Value::as_table).into_iter().flatten();
            for (name, entry) in entries {
                if let Some(version) = entry.get("since") {
                    since.insert((kind, name.clone()), version_of(version, name)?);
                }
            }
        }
        let former: Table = former.parse().context("reading what is no more")?;
        let entries = former.get("former").and_then(Value::as_array).into_iter().flatten();
        let former = entries.map(Former::read).collect::<anyhow::Result<_>>()?;
        Ok(Self { since, former })
    }

    pub(super) fn latest(&self) -> Version {
        LATEST
    }

    /// The versions in which the model changed, and the latest, in order.
    pub(super) fn changes(&self) -> Vec<Version> {
        let mut changes: BTreeSet<_> = self.since.values().copied().collect();
        changes.extend([Version(0), LATEST]);
        for former in &self.former {
            changes.extend([former.since, Version(former.until.0 + 1)]);
        }
        changes.into_iter().collect()
    }

    /// Whether a version has what the latest has under this name.
    pub(super) fn has(&self, version: Version, kind: &'static str, name: &str) -> bool {
        self.since.get(&(kind, name.to_owned())).is_none_or(|since| *since <= version)
    }

    /// What a version has that the latest has not.
    pub(super) fn former(&self, version: Version) -> impl Iterator<Item = &Former> {
        self.former.iter().filter(move |f| f.since <= version && version <= f.until)
    }

    /// What the history speaks of, without enumerations: a document has none of those.
    #[cfg(test)]
    pub(super) fn names(&self) -> impl Iterator<Item = &(&'static str, String)> {
        self.since.keys()
    }
}

impl Former {
    fn read(entry: &Value) -> anyhow::Result<Self> {
        let text = |name: &str| -> anyhow::Result<String> {
            let text = entry.get(name).and_then(Value::as_str);
            Ok(text.with_context(|| format!("a former part has no {name}"))?.to_owned())
        };
        let former = Self {
            since: text("since")?.parse()?,
            until: text("until")?.parse()?,
            types: text("types")?,
            members: text("members")?,
        };
        if former.since > former.until || former.until >= LATEST {
            bail!("a former part was there from {} until {}", former.since, former.until);
        }
        Ok(former)
    }
}

fn version_of(value: &Value, name: &str) -> anyhow::Result<Version> {
    let text = value.as_str().with_context(|| format!("since of {name} is no text"))?;
    let version: Version = text.parse().with_context(|| format!("since of {name}"))?;
    if version > LATEST {
        bail!("{name} is there since {version}, which is after {LATEST}");
    }
    Ok(version)
}
