//! What a format and a protection can do with a codec.

use crate::codec::Codec;
use crate::error::Error;
use crate::format::Format;
use crate::protect::{Method, Protection};
use crate::stream::Stream;

impl Stream {
    /// Whether Smooth Streaming can describe all quality levels.
    pub(crate) fn fits_smooth(&self) -> bool {
        self.codecs().all(|codec| codec.not_in_smooth().is_none())
    }

    fn codecs(&self) -> impl Iterator<Item = &Codec> {
        self.qualities().iter().map(|quality| quality.track().codec())
    }

    /// A stream that cannot be sent as it is asked for is refused: nothing wrong is sent instead.
    ///
    /// # Errors
    /// [`Error::NotInSmooth`] and [`Error::Unencryptable`].
    pub(crate) fn check(
        &self,
        format: Format,
        protection: Option<&Protection>,
    ) -> Result<(), Error> {
        let track = || self.name().to_owned();
        if matches!(format, Format::Smooth(_))
            && let Some(codec) = self.codecs().find_map(Codec::not_in_smooth)
        {
            return Err(Error::NotInSmooth { track: track(), codec });
        }
        let by_sample = protection.filter(|protection| {
            matches!(protection.method, Method::Common(_)) && protection.covers(self)
        });
        match self.codecs().find(|codec| !codec.fits_common_encryption()) {
            Some(codec) if by_sample.is_some() => {
                Err(Error::Unencryptable { track: track(), codec: codec.name() })
            }
            _ => Ok(()),
        }
    }
}
