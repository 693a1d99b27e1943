//! An object of a preset, with its place for messages.

use serde_json::{Map, Value};

use crate::encode::error::TaskError;
use crate::encode::time;

/// An object of the document together with its place, for messages.
pub(super) struct Node<'a> {
    path: String,
    members: &'a Map<String, Value>,
}

impl<'a> Node<'a> {
    pub(super) fn new(path: impl Into<String>, value: &'a Value) -> Result<Self, TaskError> {
        let path = path.into();
        match value {
            Value::Object(members) => Ok(Self { path, members }),
            _ => Err(TaskError::configuration(format!("{path} is not an object"))),
        }
    }

    pub(super) fn error(&self, what: &str) -> TaskError {
        TaskError::configuration(format!("{}: {what}", self.path))
    }

    /// Where it is in the preset.
    pub(super) fn place(&self) -> &str {
        &self.path
    }

    /// Refuses members that are not among these. Their case does not matter, as it did not to the
    /// original.
    pub(super) fn allow(&self, known: &[&str]) -> Result<(), TaskError> {
        let unknown = self
            .members
            .keys()
            .find(|name| !known.iter().any(|known| known.eq_ignore_ascii_case(name)));
        match unknown {
            None => Ok(()),
            Some(name) => {
                let shown: String = name.chars().take(80).collect();
                Err(self.error(&format!("there is no member {shown:?} here")))
            }
        }
    }

    /// Refuses a `Type` that is another than this.
    pub(super) fn is(&self, kind: &str) -> Result<(), TaskError> {
        match self.text("Type")? {
            Some(other) if other != kind => {
                Err(self.error(&format!("the Type is {other:?}; use {kind:?}")))
            }
            _ => Ok(()),
        }
    }

    /// A member that is there and not null.
    fn get(&self, name: &str) -> Option<&'a Value> {
        let mut members = self.members.iter();
        let found = members.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    pub(super) fn child(&self, name: &str) -> Result<Option<Self>, TaskError> {
        self.get(name).map(|value| Self::new(format!("{}.{name}", self.path), value)).transpose()
    }

    pub(super) fn children(&self, name: &str) -> Result<Vec<Self>, TaskError> {
        match self.get(name) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(i, item)| Self::new(format!("{}.{name}[{i}]", self.path), item))
                .collect(),
            Some(_) => Err(self.error(&format!("{name} is not an array"))),
        }
    }

    /// A string, number or boolean as text.
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, TaskError> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.trim().to_owned())),
            Some(Value::Number(number)) => Ok(Some(number.to_string())),
            Some(Value::Bool(flag)) => Ok(Some(flag.to_string())),
            Some(_) => Err(self.error(&format!("{name} is not a string or a number"))),
        }
    }

    pub(super) fn number(&self, name: &str, min: u32, max: u32) -> Result<Option<u32>, TaskError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        // Some writers turn every number into a decimal fraction ("128.0").
        let whole = text
            .split_once('.')
            .filter(|(_, fraction)| fraction.bytes().all(|b| b == b'0'))
            .map_or(text.as_str(), |(whole, _)| whole);
        whole.parse().ok().filter(|number| (min..=max).contains(number)).map(Some).ok_or_else(
            || self.error(&format!("{name} is {text:?}; use a whole number from {min} to {max}")),
        )
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, TaskError> {
        match self.text(name)?.map(|t| t.to_ascii_lowercase()).as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(other) => Err(self.error(&format!("{name} is {other:?}; use true or false"))),
        }
    }

    pub(super) fn choice<T: Copy>(
        &self,
        name: &str,
        choices: &[(&str, T)],
    ) -> Result<Option<T>, TaskError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        choices
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(&text))
            .map(|(_, value)| Some(*value))
            .ok_or_else(|| {
                let known: Vec<_> = choices.iter().map(|(known, _)| *known).collect();
                self.error(&format!("{name} is {text:?}; use one of {known:?}"))
            })
    }

    /// A time as `hh:mm:ss`, with or without a fraction.
    pub(super) fn milliseconds(
        &self,
        name: &str,
        min: u32,
        max: u32,
    ) -> Result<Option<u32>, TaskError> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        time::parse(&text)
            .and_then(|time| u32::try_from(time.millis()).ok())
            .filter(|millis| (min..=max).contains(millis))
            .map(Some)
            .ok_or_else(|| {
                self.error(&format!(
                    "{name} is {text:?}; use hh:mm:ss between {} and {} seconds",
                    f64::from(min) / 1000.0,
                    f64::from(max) / 1000.0
                ))
            })
    }
}
