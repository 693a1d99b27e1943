//! Storage encryption, and the content keys that it takes.
//!
//! A client encrypts the files of an asset before it uploads them, and sends the key along,
//! encrypted to the certificate of the service. [`Upload::encrypt`](crate::Upload::encrypt) and
//! [`Download::decrypt`](crate::Download::decrypt) do that; what they are made of is here, for
//! content that comes and goes in other ways:
//!
//! ```
//! use azure_media::encryption::StorageCipher;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let cipher = StorageCipher::new(&[7; 32], 397_304_628_502_661_816)?;
//! let mut content = *b"the content of a file";
//! cipher.apply(0, &mut content)?;
//! // Any part can be decrypted by itself.
//! cipher.apply(4, &mut content[4..11])?;
//! assert_eq!(&content[4..11], b"content");
//! # Ok(()) }
//! ```

mod certificate;
mod cipher;

pub use certificate::{CertificateError, RsaCertificate, thumbprint};
pub use cipher::{CipherError, KEY_SIZE, SCHEME, StorageCipher, VERSION, checksum, parse_iv};
