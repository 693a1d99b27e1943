//! TLS: with a certificate that the operator gives, or one that the service makes itself.

mod own;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::server::TlsStream;

/// How long a client may take to agree with the service on keys.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Where a certificate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// Files of the operator's.
    Files { certificate: PathBuf, key: PathBuf },
    /// The service makes one for its hosts, and keeps it in a directory.
    Own { directory: PathBuf },
}

/// What accepts TLS connections.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    /// The certificate that clients must trust, where the service has made it.
    pub(crate) authority: Option<PathBuf>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("authority", &self.authority).finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads or makes the certificate.
    ///
    /// # Errors
    ///
    /// The files cannot be read or written, hold no certificate or no key, or do not belong
    /// together.
    pub(crate) fn open(source: &Source, hosts: &[String]) -> anyhow::Result<Self> {
        match source {
            Source::Files { certificate, key } => Self::of_files(certificate, key),
            Source::Own { directory } => {
                let own = own::Identity::open(directory, hosts)?;
                let acceptor = acceptor(own.certificate().as_bytes(), own.key().as_bytes())
                    .context("using the certificate that was made")?;
                Ok(Self { acceptor, authority: Some(own.authority_file(directory)?) })
            }
        }
    }

    fn of_files(certificate: &Path, key: &Path) -> anyhow::Result<Self> {
        let read = |path: &Path| {
            std::fs::read(path).with_context(|| format!("reading {}", path.display()))
        };
        let acceptor = acceptor(&read(certificate)?, &read(key)?).with_context(|| {
            format!("using {} with the key in {}", certificate.display(), key.display())
        })?;
        Ok(Self { acceptor, authority: None })
    }

    /// Agrees with a client on keys.
    ///
    /// # Errors
    ///
    /// The client speaks something else, or takes too long.
    pub(crate) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        tokio::time::timeout(HANDSHAKE_TIMEOUT, self.acceptor.accept(stream)).await?
    }
}

/// Takes a certificate, with those that lead to one which clients trust, and its key, as PEM.
fn acceptor(certificates: &[u8], key: &[u8]) -> anyhow::Result<TlsAcceptor> {
    let chain = CertificateDer::pem_slice_iter(certificates)
        .collect::<Result<Vec<_>, _>>()
        .context("the certificate is not PEM")?;
    anyhow::ensure!(!chain.is_empty(), "there is no certificate in the file");
    let key = PrivateKeyDer::from_pem_slice(key).context("there is no private key in the file")?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

#[cfg(test)]
mod tests;
