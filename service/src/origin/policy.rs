//! Which delivery policy of an asset a request falls under, and what that makes of it.
//!
//! An asset without policies is served in the clear, in all protocols. As soon as it has one,
//! protocols that none of them names are blocked.

use std::sync::Arc;

use azure_media::v2_19::{AssetDeliveryPolicyType as Type, AssetDeliveryProtocol as Protocol};
use packager::{Encryption, Format};

use super::memory::Reading;
use super::protection::{self, Protected};
use super::{Code, OriginError};
use crate::error::ApiError;
use crate::generation::Marks;
use crate::sets::{self, DeliveryConfiguration};

/// The sets that it depends on how an asset with policies may be delivered, beside its own.
const DEPENDS_ON: [&str; 4] = [
    "AssetDeliveryPolicies",
    "ContentKeys",
    "ContentKeyAuthorizationPolicies",
    "ContentKeyAuthorizationPolicyOptions",
];

/// How an asset may be delivered.
#[derive(Debug)]
pub(super) struct Delivery {
    policies: Vec<Policy>,
    /// Whether its files are encrypted at rest: they leave only by a policy.
    storage_encrypted: bool,
}

/// A delivery policy of the asset.
#[derive(Debug)]
struct Policy {
    protocols: Protocol,
    ty: Type,
    /// What it encrypts with, or why it cannot.
    protection: Result<Option<Arc<Protected>>, OriginError>,
}

impl Delivery {
    /// How an asset may be delivered.
    pub(super) async fn of(
        reading: &mut Reading<'_>,
        asset: &str,
    ) -> Result<Arc<Self>, OriginError> {
        let (deliveries, key) = (&reading.app.origin.deliveries, asset.to_owned());
        deliveries.get(reading, &key, |reading, _| Box::pin(Self::load(reading, asset))).await
    }

    async fn load(reading: Reading<'_>, asset: &str) -> Result<(Arc<Self>, Marks), OriginError> {
        let (app, generations) = (reading.app, reading.app.store.generations());
        let assets = sets::set("Assets")?;
        let mut marks = Marks::from([generations.entity(assets, asset)]);
        for set in DEPENDS_ON {
            marks.add(generations.set(sets::set(set)?));
        }
        let found = app.store.get(assets, asset).await.map_err(ApiError::from)?;
        let record =
            found.ok_or_else(|| OriginError::not_found("The asset was deleted meanwhile."))?;
        let mut policies = Vec::new();
        for policy in sets::linked(app, asset, "AssetDeliveryPolicies", "DeliveryPolicies").await? {
            let ty = sets::policy_type(&policy);
            let configuration = DeliveryConfiguration::parse(
                policy.text("AssetDeliveryConfiguration"),
            )
            .map_err(|problem| OriginError::internal(format!("a delivery policy: {problem}")))?;
            let protection = protection::of(app, asset, ty, &configuration).await;
            let protection = protection.map(|protection| protection.map(Arc::new));
            policies.push(Policy { protocols: sets::protocols(&policy), ty, protection });
        }
        let storage_encrypted = sets::is_storage_encrypted(&record);
        Ok((Arc::new(Self { policies, storage_encrypted }), marks))
    }

    /// What a stream in a format is encrypted with, if it is; `encryption` is what the URL asks for.
    ///
    /// Without it, the only policy for the protocol is meant.
    pub(super) fn of_stream(
        &self,
        format: Format,
        encryption: Option<Encryption>,
    ) -> Result<Option<Arc<Protected>>, OriginError> {
        let protocol = match format {
            Format::Smooth(_) => Protocol::SMOOTH_STREAMING,
            Format::Hls(_) => Protocol::HLS,
            Format::Dash(_) => Protocol::DASH,
        };
        let policies = self.for_protocol(protocol)?;
        match (encryption, policies.as_slice()) {
            (Some(wanted), policies) => {
                let chosen =
                    policies.iter().find(|policy| encryption_of(policy.ty) == Some(wanted));
                chosen.ok_or_else(|| not_set(wanted))?.protection.clone()
            }
            (None, []) => Ok(None),
            (None, [policy]) => policy.protection.clone(),
            (None, _) => Err(OriginError::new(
                Code::EncryptionNotSpecifiedInUrl,
                "The asset has several delivery policies for this protocol: say which is meant, \
                 such as encryption=cbc.",
            )),
        }
    }

    /// Lets a file be downloaded as it is, or not.
    pub(super) fn check_download(&self) -> Result<(), OriginError> {
        let policies = self.for_protocol(Protocol::PROGRESSIVE_DOWNLOAD)?;
        if policies.is_empty() || policies.iter().any(|policy| encryption_of(policy.ty).is_none()) {
            return Ok(());
        }
        Err(required("Files cannot be encrypted while they are downloaded"))
    }

    /// Lets pictures of a film be seen by whoever may have the film, and keeps those of a protected
    /// one back: they are in the clear, and kept in the clear.
    pub(super) fn check_pictures(&self) -> Result<(), OriginError> {
        if self.storage_encrypted || self.policies.iter().any(|p| encryption_of(p.ty).is_some()) {
            return Err(required("Pictures of a protected film cannot be encrypted"));
        }
        self.check_download()
    }

    /// The policies for a protocol; none if the asset has none at all.
    fn for_protocol(&self, protocol: Protocol) -> Result<Vec<&Policy>, OriginError> {
        if self.policies.is_empty() {
            if self.storage_encrypted {
                return Err(required("The asset is storage-encrypted and has no delivery policy"));
            }
            return Ok(Vec::new());
        }
        let fitting = self.policies.iter().filter(|policy| policy.protocols.contains(protocol));
        let fitting: Vec<_> = fitting.collect();
        let blocked = fitting
            .iter()
            .any(|policy| matches!(policy.ty, Type::Blocked | Type::None | Type::Unknown(_)));
        if blocked || fitting.is_empty() {
            return Err(OriginError::new(
                Code::OutputFormatBlocked,
                "The delivery policies of the asset do not allow this protocol.",
            ));
        }
        Ok(fitting)
    }
}

/// The `encryption` of URLs that a type of policy stands for.
fn encryption_of(ty: Type) -> Option<Encryption> {
    match ty {
        Type::DynamicEnvelopeEncryption => Some(Encryption::Cbc),
        Type::DynamicCommonEncryption => Some(Encryption::Cenc),
        Type::DynamicCommonEncryptionCbcs => Some(Encryption::Cbcs),
        _ => None,
    }
}

fn not_set(wanted: Encryption) -> OriginError {
    OriginError::new(
        Code::EncryptionNotSetInDeliveryPolicy,
        format!(
            "The asset has no delivery policy with encryption={} for this protocol.",
            wanted.name()
        ),
    )
}

fn required(problem: &str) -> OriginError {
    OriginError::new(Code::EncryptionRequired, format!("{problem}."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use packager::{DashFormat, HlsFormat, SmoothFormat};

    use super::*;

    const SMOOTH: Format = Format::Smooth(SmoothFormat::Latest);
    const DASH: Format = Format::Dash(DashFormat::Csf);
    const HLS: Format = Format::Hls(HlsFormat::Aapl);

    fn delivery(policies: &[(Protocol, Type)]) -> Delivery {
        let broken = || Err(OriginError::not_found("no key"));
        let policies = policies.iter().map(|(protocols, ty)| Policy {
            protocols: *protocols,
            ty: *ty,
            // What is chosen is seen by its error.
            protection: if encryption_of(*ty).is_some() { broken() } else { Ok(None) },
        });
        Delivery { policies: policies.collect(), storage_encrypted: false }
    }

    /// The code of the error, `clear`, or `encrypted`.
    fn asked(delivery: &Delivery, format: Format, encryption: Option<Encryption>) -> String {
        match delivery.of_stream(format, encryption) {
            Ok(None) => "clear".to_owned(),
            Ok(Some(_)) => unreachable!("no policy has a key"),
            Err(error) if error.to_string().contains("no key") => "encrypted".to_owned(),
            Err(error) => error.to_string().split(':').next().unwrap().to_owned(),
        }
    }

    #[test]
    fn without_policies_all_is_clear_and_nothing_else() {
        let mut delivery = delivery(&[]);
        for format in [SMOOTH, DASH, HLS] {
            assert_eq!(asked(&delivery, format, None), "clear");
        }
        let not_set = "MPE_ENC_ENCRYPTION_NOT_SET_IN_DELIVERY_POLICY";
        assert_eq!(asked(&delivery, HLS, Some(Encryption::Cbc)), not_set);
        assert!(delivery.check_download().is_ok());
        delivery.storage_encrypted = true;
        assert_eq!(asked(&delivery, HLS, None), "MPE_ENC_ENCRYPTION_REQUIRED");
        assert!(delivery.check_download().is_err());
    }

    #[test]
    fn protocols_that_are_not_listed_are_blocked() {
        let blocked = "MPE_OUTPUT_FORMAT_BLOCKED";
        let delivery = delivery(&[
            (Protocol::HLS, Type::DynamicEnvelopeEncryption),
            (Protocol::DASH, Type::Blocked),
        ]);
        assert_eq!(asked(&delivery, SMOOTH, None), blocked);
        assert_eq!(asked(&delivery, DASH, None), blocked);
        assert_eq!(asked(&delivery, DASH, Some(Encryption::Cenc)), blocked);
        assert_eq!(asked(&delivery, HLS, None), "encrypted");
        assert_eq!(asked(&delivery, HLS, Some(Encryption::Cbc)), "encrypted");
        let not_set = "MPE_ENC_ENCRYPTION_NOT_SET_IN_DELIVERY_POLICY";
        assert_eq!(asked(&delivery, HLS, Some(Encryption::Cbcs)), not_set);
        assert!(delivery.check_download().unwrap_err().to_string().contains(blocked));
    }

    #[test]
    fn of_several_policies_the_url_names_one() {
        let all = Protocol::from_number(0xffff);
        let delivery = delivery(&[
            (all, Type::DynamicCommonEncryption),
            (Protocol::HLS, Type::DynamicEnvelopeEncryption),
        ]);
        assert_eq!(asked(&delivery, HLS, None), "MPE_ENC_ENCRYPTION_NOT_SPECIFIED_IN_URL");
        assert_eq!(asked(&delivery, HLS, Some(Encryption::Cenc)), "encrypted");
        assert_eq!(asked(&delivery, SMOOTH, None), "encrypted");
        let error = delivery.check_download().unwrap_err().to_string();
        assert!(error.contains("MPE_ENC_ENCRYPTION_REQUIRED"), "{error}");
    }

    #[test]
    fn clear_by_policy() {
        let all = Protocol::from_number(0xffff);
        let delivery = delivery(&[(all, Type::NoDynamicEncryption)]);
        assert_eq!(asked(&delivery, HLS, None), "clear");
        assert!(delivery.check_download().is_ok());
        let not_set = "MPE_ENC_ENCRYPTION_NOT_SET_IN_DELIVERY_POLICY";
        assert_eq!(asked(&delivery, HLS, Some(Encryption::Cbc)), not_set);
    }
}
