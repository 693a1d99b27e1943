//! Diagnostics and progress, on standard error.

use std::io::{self, IsTerminal as _, Write as _};

use clap::ValueEnum;
use odata_codegen::{Diagnostics, Severity, Style, render};
use serde_json::json;

use super::failure::Failure;

/// How diagnostics are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    /// With the lines they are about.
    #[default]
    Human,
    /// A JSON object per line.
    Json,
}

/// Tells what happens.
pub(crate) struct Messages {
    format: MessageFormat,
    is_quiet: bool,
}

impl Messages {
    pub(crate) fn new(format: MessageFormat, is_quiet: bool) -> Self {
        Self { format, is_quiet }
    }

    /// Tells people what is done. Programs are not told: every line that they read is a
    /// diagnostic.
    pub(crate) fn progress(&self, text: impl AsRef<str>) {
        if !self.is_quiet && self.format == MessageFormat::Human {
            write(&format!("{}\n", text.as_ref()));
        }
    }

    /// Shows what is wrong with documents, and where.
    pub(crate) fn diagnostics(&self, diagnostics: &Diagnostics) {
        match self.format {
            MessageFormat::Human => {
                let is_terminal = io::stderr().is_terminal();
                let style = if is_terminal { Style::Coloured } else { Style::Plain };
                write(&render(diagnostics, style));
            }
            MessageFormat::Json => {
                for diagnostic in diagnostics {
                    let severity = match diagnostic.severity {
                        Severity::Error => "error",
                        Severity::Warning => "warning",
                    };
                    let location = diagnostics.location(diagnostic.span);
                    let place = Place::of(&location);
                    let related = diagnostic.related.iter().map(|(span, label)| {
                        let location = diagnostics.location(*span);
                        let place = Place::of(&location);
                        json!({
                            "file": place.file, "line": place.line, "column": place.column,
                            "message": label,
                        })
                    });
                    let object = json!({
                        "code": diagnostic.code,
                        "severity": severity,
                        "file": place.file,
                        "line": place.line,
                        "column": place.column,
                        "message": diagnostic.message,
                        "help": diagnostic.help,
                        "related": related.collect::<Vec<_>>(),
                    });
                    write(&format!("{object}\n"));
                }
            }
        }
    }

    /// Tells why the command ends early.
    pub(crate) fn failure(&self, failure: &Failure) {
        match self.format {
            MessageFormat::Human => write(&format!("error: {failure}\n")),
            MessageFormat::Json => {
                let object = json!({ "severity": "error", "message": failure.to_string() });
                write(&format!("{object}\n"));
            }
        }
    }
}

/// Writes the result of a command.
///
/// # Errors
///
/// Nobody reads it to its end.
pub(crate) fn result(text: &str) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    match written {
        // `odata-codegen describe … | head` is no failure.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Failure::disk(format!("writing the result: {error}"))),
    }
}

/// Where something is, as a location says it.
struct Place<'a> {
    file: Option<&'a str>,
    line: Option<u64>,
    column: Option<u64>,
}

impl<'a> Place<'a> {
    /// Takes `file:line:column` apart; a file may have colons in its name.
    fn of(location: &'a str) -> Self {
        let mut parts = location.rsplitn(3, ':');
        let column = parts.next().and_then(|text| text.parse().ok());
        let line = parts.next().and_then(|text| text.parse().ok());
        let file = parts.next();
        Self { file, line, column }
    }
}

/// Writes to standard error; there is nobody to tell if that fails.
fn write(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::Place;

    #[test]
    fn places_are_taken_apart() {
        let place = Place::of("https://host:81/a.xml:3:14");
        assert_eq!(place.file, Some("https://host:81/a.xml"));
        assert_eq!((place.line, place.column), (Some(3), Some(14)));
        assert_eq!(Place::of("(no source)").file, None);
    }
}
