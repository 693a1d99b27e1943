//! The error codes that the documentation of the streaming endpoint lists, with their values and
//! statuses: "Streaming Endpoint (Origin) errors" of Azure Media Services.

use axum::http::StatusCode;

/// An error code of the streaming endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Code {
    /// The URL does not follow the grammar.
    BadUrlSyntax,
    /// Several delivery policies fit, and the URL does not say which is meant.
    EncryptionNotSpecifiedInUrl,
    /// The endpoint does not serve this client.
    Unauthorized,
    /// The delivery policies do not allow the protocol.
    OutputFormatBlocked,
    /// What is asked for would be sent in the clear, and must not be.
    EncryptionRequired,
    /// No delivery policy has the encryption that the URL asks for.
    EncryptionNotSetInDeliveryPolicy,
    /// There is no such file, locator or endpoint.
    ResourceNotFound,
    /// No track has this name.
    TrackNotFound,
    /// The track has no quality level of this bitrate.
    MediaEntryNotFound,
    /// No fragment starts at this time.
    FragmentTimestampNotFound,
    /// The filters leave no time.
    TimestampNotFound,
    /// There is no filter of this name.
    FilterNotFound,
    /// A file that the server manifest names is not there.
    StorageResourceNotFound,
    /// The asset is not one that can be packaged.
    FormatNotSupported,
    /// The format of the URL is not one that is served.
    OutputFormatNotSupported,
    /// The format of the URL has no such encryption.
    OutputProtectionFormatNotSupported,
    /// The quality levels cannot be switched.
    KeyFrameIntervalTooLarge,
    /// The filters leave no track.
    FilterRemovedAllStreams,
    /// The range is past the end of the file.
    StorageInvalidRange,
    /// The asset could not be read.
    StorageInternalError,
    /// What is asked for is not ready, or there is too much to do: ask again.
    StorageServerBusy,
}

impl Code {
    /// The name, the value and the status that the documentation gives.
    const fn documented(self) -> (&'static str, u32, StatusCode) {
        use StatusCode as S;
        match self {
            Self::BadUrlSyntax => ("MPE_BAD_URL_SYNTAX", 0x8089_0201, S::BAD_REQUEST),
            Self::EncryptionNotSpecifiedInUrl => {
                ("MPE_ENC_ENCRYPTION_NOT_SPECIFIED_IN_URL", 0x8088_024c, S::BAD_REQUEST)
            }
            // Listed under 404, which hides what exists; a client that an endpoint refuses for its
            // address is told so.
            Self::Unauthorized => ("MPE_UNAUTHORIZED", 0x8089_0244, S::FORBIDDEN),
            Self::OutputFormatBlocked => ("MPE_OUTPUT_FORMAT_BLOCKED", 0x8089_0207, S::FORBIDDEN),
            Self::EncryptionRequired => ("MPE_ENC_ENCRYPTION_REQUIRED", 0x8088_021e, S::FORBIDDEN),
            Self::EncryptionNotSetInDeliveryPolicy => {
                ("MPE_ENC_ENCRYPTION_NOT_SET_IN_DELIVERY_POLICY", 0x8088_024d, S::FORBIDDEN)
            }
            Self::ResourceNotFound => ("MPE_RESOURCE_NOT_FOUND", 0x8089_01f9, S::NOT_FOUND),
            Self::TrackNotFound => ("MPE_EGRESS_TRACK_NOT_FOUND", 0x8089_0209, S::NOT_FOUND),
            Self::MediaEntryNotFound => {
                ("MPE_MANIFEST_MEDIA_ENTRY_NOT_FOUND", 0x8089_0256, S::NOT_FOUND)
            }
            Self::FragmentTimestampNotFound => {
                ("MPE_FRAGMENT_TIMESTAMP_NOT_FOUND", 0x8089_0255, S::NOT_FOUND)
            }
            Self::TimestampNotFound => {
                ("MPE_EGRESS_TIMESTAMP_NOT_FOUND", 0x8089_020a, S::NOT_FOUND)
            }
            Self::FilterNotFound => ("MPE_EGRESS_FILTER_NOT_FOUND", 0x8089_020c, S::NOT_FOUND),
            Self::StorageResourceNotFound => {
                ("MPE_STORAGE_RESOURCE_NOT_FOUND", 0x8089_00ed, S::NOT_FOUND)
            }
            Self::FormatNotSupported => {
                ("MPE_FORMAT_NOT_SUPPORTED", 0x8089_0205, S::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::OutputFormatNotSupported => {
                ("MPE_OUTPUT_FORMAT_NOT_SUPPORTED", 0x8089_020d, S::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::OutputProtectionFormatNotSupported => (
                "MPE_OUTPUT_PROTECTION_FORMAT_NOT_SUPPORTED",
                0x8089_0213,
                S::UNSUPPORTED_MEDIA_TYPE,
            ),
            Self::KeyFrameIntervalTooLarge => {
                ("MPE_KEY_FRAME_INTERVAL_TOO_LARGE", 0x8089_01fe, S::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::FilterRemovedAllStreams => {
                ("MPE_FILTER_REMOVED_ALL_STREAMS", 0x8089_023e, S::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::StorageInvalidRange => {
                ("MPE_STORAGE_INVALID_RANGE", 0x8089_00f1, S::RANGE_NOT_SATISFIABLE)
            }
            Self::StorageInternalError => {
                ("MPE_STORAGE_INTERNAL_ERROR", 0x8089_00e6, S::INTERNAL_SERVER_ERROR)
            }
            Self::StorageServerBusy => {
                ("MPE_STORAGE_SERVER_BUSY", 0x8089_00e8, S::SERVICE_UNAVAILABLE)
            }
        }
    }

    /// The symbol, such as `MPE_BAD_URL_SYNTAX`.
    pub(super) const fn name(self) -> &'static str {
        self.documented().0
    }

    /// The value, as in `0x80890201`.
    pub(super) const fn value(self) -> u32 {
        self.documented().1
    }

    /// The status of a response with it.
    pub(super) const fn status(self) -> StatusCode {
        self.documented().2
    }
}
