//! A certificate that the service makes: for its own hosts, by an authority that signs nothing else.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};

use crate::config::write_private;

/// How long a certificate is good for. Some clients trust none that is good for longer.
const DAYS: i64 = 800;
/// One that is good for less than that is made anew.
const DAYS_LEFT: i64 = 30;

/// A certificate with its key and the authority that has signed it, all as PEM.
#[derive(Serialize, Deserialize)]
pub(super) struct Identity {
    hosts: Vec<String>,
    /// As RFC 3339 writes it: later days compare as greater.
    last_day: String,
    certificate: String,
    key: String,
    authority: String,
}

impl Identity {
    /// Reads what is in a directory, or makes it: for these hosts, and good for some time.
    pub(super) fn open(directory: &Path, hosts: &[String]) -> anyhow::Result<Self> {
        std::fs::create_dir_all(directory)
            .with_context(|| format!("making {}", directory.display()))?;
        let path = directory.join("identity.json");
        let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let stored: Self = serde_json::from_str(&text)
                    .with_context(|| format!("{} is not what it was made as", path.display()))?;
                if stored.hosts == hosts
                    && stored.last_day >= today.checked_add(DAYS_LEFT.days())?.to_string()
                {
                    return Ok(stored);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(error).with_context(|| format!("reading {}", path.display()));
            }
        }
        let made = Self::make(hosts, today).context("making a certificate")?;
        write_private(&path, serde_json::to_string_pretty(&made)?.as_bytes())
            .with_context(|| format!("writing {}", path.display()))?;
        Ok(made)
    }

    /// The authority's key is forgotten: nobody can sign for another host with it.
    fn make(hosts: &[String], today: Date) -> anyhow::Result<Self> {
        let last_day = today.checked_add(DAYS.days())?.to_string();
        let authority_key = KeyPair::generate()?;
        let mut authority = params(Vec::new(), "mediad: the authority of one service", today)?;
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let authority_certificate = authority.self_signed(&authority_key)?;
        let issuer = Issuer::new(authority, authority_key);

        let key = KeyPair::generate()?;
        let mut leaf = params(hosts.to_vec(), "mediad", today)?;
        leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        leaf.use_authority_key_identifier_extension = true;
        let certificate = leaf.signed_by(&key, &issuer)?;
        Ok(Self {
            hosts: hosts.to_vec(),
            last_day,
            certificate: certificate.pem(),
            key: key.serialize_pem(),
            authority: authority_certificate.pem(),
        })
    }

    pub(super) fn certificate(&self) -> &str {
        &self.certificate
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Puts the authority's certificate where clients find it.
    pub(super) fn authority_file(&self, directory: &Path) -> anyhow::Result<PathBuf> {
        let path = directory.join("ca.pem");
        std::fs::write(&path, &self.authority)
            .with_context(|| format!("writing {}", path.display()))?;
        path.canonicalize().with_context(|| format!("looking up {}", path.display()))
    }
}

fn params(hosts: Vec<String>, name: &str, today: Date) -> anyhow::Result<CertificateParams> {
    let mut params = CertificateParams::new(hosts)?;
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    params.distinguished_name = subject;
    let part = |number: i8| u8::try_from(number).unwrap_or(1);
    let day =
        |date: Date| rcgen::date_time_ymd(date.year().into(), part(date.month()), part(date.day()));
    // The clock of a client may be behind.
    params.not_before = day(today.checked_sub(1.day())?);
    params.not_after = day(today.checked_add(DAYS.days())?);
    Ok(params)
}
