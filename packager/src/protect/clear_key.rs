//! Clear keys: the key itself, for whoever may have it.

/// Where a player gets the key that may have it.
#[derive(Debug, Clone)]
pub struct ClearKey {
    /// Answers the license requests of the `org.w3.clearkey` system (W3C Encrypted Media Extensions
    /// §9.1.3).
    pub license_url: String,
}
