//! Content keys: how they come and go, what they encrypt, and who may have them.
//!
//! | module | what |
//! |---|---|
//! | [`protection`] | the account's RSA key, to whose certificate clients encrypt content keys |
//! | [`content_key`] | from a stored `ContentKey` to the bytes of the key |
//! | [`storage`], [`files`] | files that are encrypted at rest |
//! | [`configuration`] | configurations of tasks that are encrypted |
//! | [`restriction`], [`jwt`], [`swt`] | what an authorization policy asks of a token |
//! | [`delivery`] | the endpoint that players fetch keys from |
//!
//! A clear key is a [`Secret`] wherever it is: it is wiped when it is dropped, and never logged.

mod configuration;
mod content_key;
mod delivery;
mod files;
mod jwt;
mod protection;
mod restriction;
mod storage;
mod swt;
mod xml;

pub(crate) use configuration::{check_configuration_scheme, clear_configuration};
pub(crate) use content_key::{
    check_wrapped, clear_key, fitting_delivery, key_type, kid, protection_key, protection_key_id,
    rebind,
};
pub(crate) use delivery::{acquisition_url, clear_key_url, handle, is_delivered_in_the_clear};
pub(crate) use files::{AssetFile, FileReader, encrypt_output, storage_keys, write};
pub(crate) use protection::ProtectionKey;
pub(crate) use restriction::TokenRestriction;

/// The bytes of a key.
pub(crate) type Secret = secrecy::SecretSlice<u8>;
