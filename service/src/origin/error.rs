//! What requests of the streaming endpoint fail with.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use packager::{Error as PackagerError, UrlError};

pub(super) use super::code::Code;
use super::content::PieceError;
use crate::blob::BlobError;
use crate::error::ApiError;
use crate::sample_index::IndexError;

/// In how many seconds to ask again for what is not ready.
const RETRY_AFTER: u32 = 5;

/// An error of the streaming endpoint: a documented code, and what it is about.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}: {message}", .code.name())]
pub(super) struct OriginError {
    code: Code,
    message: String,
}

impl OriginError {
    pub(super) fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    pub(super) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Code::ResourceNotFound, message)
    }

    /// Whether what was asked for is not there.
    pub(super) fn is_not_found(&self) -> bool {
        self.code == Code::ResourceNotFound
    }

    /// A failure of the service itself, whose cause is logged only.
    pub(super) fn internal(cause: impl std::fmt::Display) -> Self {
        tracing::error!(%cause, "a stream could not be served");
        Self::new(Code::StorageInternalError, "The asset could not be read.")
    }
}

impl From<&BlobError> for OriginError {
    fn from(error: &BlobError) -> Self {
        if !error.is_temporary() {
            return Self::internal(error);
        }
        tracing::warn!(%error, "a stream cannot be served now");
        Self::new(Code::StorageServerBusy, "The asset cannot be read now.")
    }
}

impl From<BlobError> for OriginError {
    fn from(error: BlobError) -> Self {
        (&error).into()
    }
}

impl From<PieceError> for OriginError {
    fn from(error: PieceError) -> Self {
        match error {
            PieceError::Read(error) => error.into(),
            PieceError::Media(error) => error.into(),
        }
    }
}

impl From<ApiError> for OriginError {
    fn from(error: ApiError) -> Self {
        Self::internal(error)
    }
}

impl From<PackagerError> for OriginError {
    fn from(error: PackagerError) -> Self {
        let code = match error {
            PackagerError::NoSuchTrack { .. } => Code::TrackNotFound,
            PackagerError::NoSuchQuality { .. } => Code::MediaEntryNotFound,
            PackagerError::NoSuchTime { .. } => Code::FragmentTimestampNotFound,
            PackagerError::NothingLeft { left: "fragment" } => Code::TimestampNotFound,
            PackagerError::NothingLeft { .. } => Code::FilterRemovedAllStreams,
            PackagerError::NoInitSegment => Code::BadUrlSyntax,
            PackagerError::Unprotectable { .. } | PackagerError::Unencryptable { .. } => {
                Code::OutputProtectionFormatNotSupported
            }
            PackagerError::NotInSmooth { .. }
            | PackagerError::NotInTransportStream { .. }
            | PackagerError::NoKeyFrames => Code::OutputFormatNotSupported,
            PackagerError::WrongLength { .. }
            | PackagerError::DamagedIndex { .. }
            | PackagerError::SamplesUnknown { .. } => return Self::internal(error),
            PackagerError::MissingFile { .. } => Code::StorageResourceNotFound,
            PackagerError::NoCommonKeyframes { .. } => Code::KeyFrameIntervalTooLarge,
            _ => Code::FormatNotSupported,
        };
        Self::new(code, error.to_string())
    }
}

impl From<IndexError> for OriginError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::File(error) => error.into(),
            IndexError::Store(error) => (&*error).into(),
            error => Self::internal(error),
        }
    }
}

impl From<UrlError> for OriginError {
    fn from(error: UrlError) -> Self {
        let code = match error {
            UrlError::UnsupportedFormat { .. } => Code::OutputFormatNotSupported,
            _ => Code::BadUrlSyntax,
        };
        Self::new(code, error.to_string())
    }
}

impl IntoResponse for OriginError {
    fn into_response(self) -> Response {
        let Self { code, message } = self;
        // What is missing now may be there in a moment: nobody is to remember it.
        let headers = [(header::CACHE_CONTROL, "no-store")];
        let text = format!("{} (0x{:08X}): {message}\n", code.name(), code.value());
        let mut response = (code.status(), headers, text).into_response();
        if code == Code::StorageServerBusy {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER));
        }
        response
    }
}
