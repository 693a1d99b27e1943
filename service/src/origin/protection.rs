//! From a delivery policy and the keys of its asset to what the packager encrypts with.

use azure_media::v2_19::{
    AssetDeliveryPolicyConfigurationKey as Key, AssetDeliveryPolicyType as Type,
    ContentKeyDeliveryType, ContentKeyType,
};
use edm::Record;
use packager::protect::{
    ClearKey, Common, ContentKey, Envelope, FairPlay, Method, PlayReady, Protection, Scheme,
    Widevine,
};
use secrecy::ExposeSecret as _;
use sha2::{Digest as _, Sha256};
use url::Url;
use uuid::Uuid;

use super::{Code, OriginError};
use crate::app::App;
use crate::keys;
use crate::sets::{self, DeliveryConfiguration};

/// What a stream is encrypted with.
#[derive(Debug)]
pub(super) struct Protected {
    /// It.
    pub(super) protection: Protection,
    /// Another for every other key or setting.
    pub(super) fingerprint: [u8; 32],
}

impl Protected {
    fn new(protection: Protection, key: &[u8]) -> Self {
        let mut hash = Sha256::new().chain_update((key.len() as u64).to_le_bytes());
        hash.update(key);
        // What is told of a protection has all of it but the key.
        hash.update(format!("{protection:?}"));
        Self { protection, fingerprint: hash.finalize().into() }
    }
}

/// What a policy of a type encrypts an asset with; `None` if it does not.
pub(super) async fn of(
    app: &App,
    asset: &str,
    ty: Type,
    configuration: &DeliveryConfiguration,
) -> Result<Option<Protected>, OriginError> {
    let needed = match ty {
        Type::DynamicEnvelopeEncryption => ContentKeyType::EnvelopeEncryption,
        Type::DynamicCommonEncryption => ContentKeyType::CommonEncryption,
        Type::DynamicCommonEncryptionCbcs => ContentKeyType::CommonEncryptionCbcs,
        _ => return Ok(None),
    };
    let linked = sets::linked(app, asset, "ContentKeys", "ContentKeys").await?;
    let record = linked.into_iter().find(|key| keys::key_type(key) == needed);
    let record = record.ok_or_else(|| no_key(&format!("has no content key of type {needed:?}")))?;
    let kid = keys::kid(&record)?;
    let method = match ty {
        Type::DynamicEnvelopeEncryption => {
            Method::Envelope(envelope(app, &record, kid, configuration))
        }
        _ => Method::Common(common(app, &record, kid, ty, configuration).await?),
    };
    let clear = keys::clear_key(app, &record).await.map_err(|error| no_key(&error.message))?;
    let clear = clear.expose_secret();
    let bytes = clear.try_into().map_err(|_| no_key("has a content key of another length"))?;
    let clear_codecs = configuration.get(Key::UnencryptedTracksByFourCC).unwrap_or_default();
    let clear_codecs = clear_codecs.split([',', ';', ' ']).filter(|code| !code.is_empty());
    let clear_codecs = clear_codecs.map(str::to_owned).collect();
    let protection = Protection { key: ContentKey::new(kid, bytes), method, clear_codecs };
    Ok(Some(Protected::new(protection, clear)))
}

/// What must be encrypted and cannot be is not served.
fn no_key(problem: &str) -> OriginError {
    let message = format!("The asset must be encrypted, and that cannot be done: it {problem}.");
    OriginError::new(Code::EncryptionRequired, message)
}

fn envelope(
    app: &App,
    record: &Record,
    kid: Uuid,
    configuration: &DeliveryConfiguration,
) -> Envelope {
    let named = configured(
        configuration,
        kid,
        Key::EnvelopeKeyAcquisitionUrl,
        Key::EnvelopeBaseKeyAcquisitionUrl,
    );
    // A policy has one of the two; if not, it is this service's own.
    let own = || keys::acquisition_url(app, record, ContentKeyDeliveryType::BaselineHttp);
    Envelope { key_url: named.or_else(own).unwrap_or_default(), iv: configuration.envelope_iv() }
}

async fn common(
    app: &App,
    record: &Record,
    kid: Uuid,
    ty: Type,
    configuration: &DeliveryConfiguration,
) -> Result<Common, OriginError> {
    let url = |exact, base| configured(configuration, kid, exact, base);
    let play_ready = PlayReady {
        license_url: configuration.get(Key::PlayReadyLicenseAcquisitionUrl).map(str::to_owned),
        custom_attributes: configuration.get(Key::PlayReadyCustomAttributes).map(str::to_owned),
    };
    let has_play_ready = configuration
        .has_any(&[Key::PlayReadyLicenseAcquisitionUrl, Key::PlayReadyCustomAttributes]);
    let widevine = url(Key::WidevineLicenseAcquisitionUrl, Key::WidevineBaseLicenseAcquisitionUrl);
    let fair_play = url(Key::FairPlayLicenseAcquisitionUrl, Key::FairPlayBaseLicenseAcquisitionUrl);
    // Players are told of it only where somebody may have the key.
    let clear_key = keys::is_delivered_in_the_clear(app, record).await?;
    Ok(Common {
        scheme: match ty {
            Type::DynamicCommonEncryptionCbcs => Scheme::Cbcs,
            _ => Scheme::Cenc,
        },
        iv: configuration.cbcs_iv(),
        play_ready: has_play_ready.then_some(play_ready),
        widevine: widevine.map(|license_url| Widevine { license_url }),
        fair_play: fair_play.map(|license_url| FairPlay { license_url }),
        clear_key: clear_key.then(|| ClearKey { license_url: keys::clear_key_url(app) }),
    })
}

/// A URL that a policy names: as it is, or a base that the id of the key is added to.
fn configured(
    configuration: &DeliveryConfiguration,
    kid: Uuid,
    exact: Key,
    base: Key,
) -> Option<String> {
    if let Some(url) = configuration.get(exact) {
        return Some(url.to_owned());
    }
    // Policies have absolute URLs only.
    let mut url = Url::parse(configuration.get(base)?).ok()?;
    url.query_pairs_mut().append_pair("kid", &kid.to_string());
    Some(url.into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_id_of_the_key_is_added_to_bases() {
        let kid = Uuid::from_u128(0xda38_13af_55e6_48e7_aa9f_a4d6_031f_7b4d);
        for (configuration, want) in [
            (
                r#"[{"Key":1,"Value":"https://k/?KID=x"},{"Key":2,"Value":"https://b/"}]"#,
                "https://k/?KID=x",
            ),
            (
                r#"[{"Key":2,"Value":"https://b/"}]"#,
                "https://b/?kid=da3813af-55e6-48e7-aa9f-a4d6031f7b4d",
            ),
            (
                r#"[{"Key":"2","Value":"https://b/k?a=1"}]"#,
                "https://b/k?a=1&kid=da3813af-55e6-48e7-aa9f-a4d6031f7b4d",
            ),
        ] {
            let configuration = DeliveryConfiguration::parse(configuration).unwrap();
            let (exact, base) =
                (Key::EnvelopeKeyAcquisitionUrl, Key::EnvelopeBaseKeyAcquisitionUrl);
            assert_eq!(configured(&configuration, kid, exact, base).as_deref(), Some(want));
        }
    }
}
