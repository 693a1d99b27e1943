//! URLs of thumbnails.

use super::call::{self, Call};
use super::{UrlError, number, server_manifest, syntax};

/// Extensions of an index.
const INDEX: &[&str] = &["vtt"];
/// Extensions of a sheet.
const SHEET: &[&str] = &["jpg", "jpeg"];

/// What a client asks of the thumbnails of a presentation.
///
/// ```text
/// film.ism/Thumbnails.vtt             the index: which part of which sheet is for which time
/// film.ism/Thumbnails(sheet=0).jpg    a sheet of pictures
/// ```
///
/// As elsewhere, nouns and parameters are case-insensitive, and extensions may be left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ThumbnailRequest {
    /// The index, which is WebVTT.
    Index {
        /// Name of the `.ism` file.
        ism: String,
    },
    /// A sheet of pictures, which is a JPEG image.
    Sheet {
        /// Name of the `.ism` file.
        ism: String,
        /// Number of the sheet, from 0.
        number: u64,
    },
}

impl ThumbnailRequest {
    /// Parses a path (no query string, no leading slash), percent-encoded or not; `None` if it is
    /// not one of thumbnails.
    ///
    /// # Errors
    /// [`UrlError::Syntax`] and [`UrlError::UnsupportedParameter`].
    pub fn parse(path: &str) -> Result<Option<Self>, UrlError> {
        const NOUN: &str = "thumbnails";
        let last = path.split_once('/').map(|(_, last)| call::decoded(last));
        let Some(Ok(last)) = last else { return Ok(None) };
        let noun = last.trim_start().get(..NOUN.len());
        if !noun.is_some_and(|noun| noun.eq_ignore_ascii_case(NOUN)) {
            return Ok(None);
        }
        let ism = match server_manifest(path) {
            Ok((ism, _)) => ism.into_owned(),
            Err(UrlError::NotStreaming) => return Ok(None),
            Err(error) => return Err(error),
        };
        let call = Call::parse(&last)?;
        if call.noun != NOUN {
            return Err(syntax(format!("unknown noun {:?}", call.noun)));
        }
        let mut given = call.parameters.iter().filter(|parameter| !parameter.is_empty());
        let Some(parameter) = given.next() else {
            call.check_extension(INDEX)?;
            return Ok(Some(ThumbnailRequest::Index { ism }));
        };
        call.check_extension(SHEET)?;
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if !name.trim().eq_ignore_ascii_case("sheet") {
            return Err(UrlError::UnsupportedParameter { name: name.trim().to_owned() });
        }
        if given.next().is_some() {
            return Err(syntax("expected Thumbnails(sheet=number)"));
        }
        Ok(Some(ThumbnailRequest::Sheet { ism, number: number(value.trim())? }))
    }

    /// Name of the `.ism` file.
    pub fn ism(&self) -> &str {
        match self {
            ThumbnailRequest::Index { ism } | ThumbnailRequest::Sheet { ism, .. } => ism,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_thumbnails() {
        let index = || Ok(Some(ThumbnailRequest::Index { ism: "Film.ism".to_owned() }));
        let sheet =
            |number| Ok(Some(ThumbnailRequest::Sheet { ism: "Film.ism".to_owned(), number }));
        for (path, want) in [
            ("Film.ism/Thumbnails.vtt", index()),
            ("Film.ism/thumbnails", index()),
            ("Film.ism/THUMBNAILS().VTT", index()),
            ("Film.ism/Thumbnails(sheet=0).jpg", sheet(0)),
            ("Film.ism/thumbnails%28Sheet%20=%207%20%29.jpeg", sheet(7)),
            ("Film.ism/Thumbnails(sheet=18446744073709551615)", sheet(u64::MAX)),
            ("Film.ism/Manifest", Ok(None)),
            ("Film.ism/QualityLevels(5)/Fragments(video=0)", Ok(None)),
            ("Film.ism/Thumbnails/", Ok(None)),
            ("Film.ism/Thumbnails%00", Ok(None)),
            ("Film.ism", Ok(None)),
            ("Film.mp4/Thumbnails", Ok(None)),
            ("Film.ism/\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", Ok(None)),
        ] {
            assert_eq!(ThumbnailRequest::parse(path), want, "{path}");
        }
        for path in [
            "Film.ism/Thumbnails.jpg",
            "Film.ism/Thumbnails(sheet=0).vtt",
            "Film.ism/Thumbnails(sheet=0).exe",
            "Film.ism/Thumbnails(sheet=)",
            "Film.ism/Thumbnails(sheet=-1)",
            "Film.ism/Thumbnails(sheet=18446744073709551616)",
            "Film.ism/Thumbnails(sheet=0,sheet=1)",
            "Film.ism/Thumbnails((sheet=0))",
            "Film.ism/Thumbnails(sheet=0",
            "Film.ism/Thumbnails2",
            "..%2fFilm.ism/Thumbnails",
            ".ism/Thumbnails",
        ] {
            let parsed = ThumbnailRequest::parse(path);
            assert!(matches!(parsed, Err(UrlError::Syntax { .. })), "{path}: {parsed:?}");
        }
        let unknown = ThumbnailRequest::parse("Film.ism/Thumbnails(filter=x)");
        assert_eq!(unknown, Err(UrlError::UnsupportedParameter { name: "filter".to_owned() }));
    }
}
