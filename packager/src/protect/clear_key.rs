//! Clear keys: the key itself over HTTP.

/// Where a player gets the key that may have it.
#[derive(Debug, Clone)]
pub struct ClearKey {
    /// Answers the license requests of the `org.w3.clearkey` system (W3C Encrypted Media Extensions
    /// §9.1.3).
    pub license_url: String,
    /// Answers with the 16 bytes of the key, for HLS.
    pub key_url: String,
}
