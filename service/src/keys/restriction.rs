//! What an authorization policy asks of a token: a `TokenRestrictionTemplate`.

use std::collections::BTreeMap;

use azure_media::encryption::RsaCertificate;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::xml::{self, Element};
use super::{Secret, jwt, swt};

/// The claim that names the key that a token is for.
const KEY_ID_CLAIM: &str = "urn:microsoft:azure:mediaservices:contentkeyidentifier";
/// More alternate keys are refused.
const MOST_KEYS: usize = 20;

/// The claims of a token that was verified: names and values as texts.
pub(super) type Claims = BTreeMap<String, Vec<String>>;

/// Why a token does not give access.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Denied {
    /// It is not from the issuer, not for this audience, or not good now.
    #[error("{0}")]
    Invalid(&'static str),
    /// It is good, but not for this key.
    #[error("{0}")]
    Insufficient(&'static str),
}

/// The form of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TokenType {
    Jwt,
    Swt,
}

/// What verifies the signature of a token.
#[derive(Debug)]
pub(super) enum VerificationKey {
    /// HMAC with SHA-256.
    Symmetric(Secret),
    /// RSA with SHA-256: an `RSAPublicKey` in DER.
    Rsa(Vec<u8>),
}

/// What tokens must be.
#[derive(Debug)]
pub(crate) struct TokenRestriction {
    token_type: TokenType,
    /// Who must have made them.
    pub(super) issuer: String,
    /// Whom they must be for.
    pub(super) audience: String,
    /// One of these must verify them.
    pub(super) keys: Vec<VerificationKey>,
    /// Names and values of claims; without a value, that of the key's id.
    claims: Vec<(String, Option<String>)>,
}

impl TokenRestriction {
    /// Reads a template; an error says what is wrong with it.
    pub(crate) fn parse(template: &str) -> Result<Self, String> {
        let root = xml::parse(template)?;
        if root.name != "TokenRestrictionTemplate" {
            return Err(format!(
                "the root element must be TokenRestrictionTemplate, not {}",
                root.name
            ));
        }
        let text = |name: &str| match root.child_text(name) {
            None | Some("") => Err(format!("the element {name} is missing")),
            Some(text) => Ok(text.to_owned()),
        };
        let token_type = match root.child_text("TokenType") {
            Some("JWT") => TokenType::Jwt,
            // Templates are older than JWTs.
            Some("SWT") | None => TokenType::Swt,
            Some(other) => return Err(format!("TokenType must be JWT or SWT, not '{other}'")),
        };
        let keys = keys(&root)?;
        let rsa = keys.iter().any(|key| matches!(key, VerificationKey::Rsa(_)));
        if token_type == TokenType::Swt && rsa {
            return Err("tokens of type SWT need keys of type SymmetricVerificationKey".to_owned());
        }
        let (issuer, audience) = (text("Issuer")?, text("Audience")?);
        Ok(Self { token_type, issuer, audience, keys, claims: claims(&root)? })
    }

    /// Checks a token that is shown for a key.
    pub(crate) fn check(&self, token: &str, kid: Uuid) -> Result<(), Denied> {
        let found = match self.token_type {
            TokenType::Jwt => jwt::verify(self, token)?,
            TokenType::Swt => swt::verify(self, token, jiff::Timestamp::now().as_second())?,
        };
        let fits = |(name, value): &(String, Option<String>)| {
            let given = found.get(name).map(Vec::as_slice).unwrap_or_default();
            match value {
                Some(value) => given.contains(value),
                None => given.iter().any(|given| Uuid::try_parse(given) == Ok(kid)),
            }
        };
        if self.claims.iter().all(fits) {
            Ok(())
        } else {
            Err(Denied::Insufficient("the token lacks a claim that is required for this key"))
        }
    }
}

fn keys(root: &Element) -> Result<Vec<VerificationKey>, String> {
    if root.child("OpenIdConnectDiscoveryDocument").is_some() {
        return Err("an OpenIdConnectDiscoveryDocument is not supported: give the key that \
                    verifies tokens as PrimaryVerificationKey"
            .to_owned());
    }
    let primary = root.child("PrimaryVerificationKey");
    let primary = primary.ok_or("the element PrimaryVerificationKey is missing")?;
    let alternate = root.child("AlternateVerificationKeys");
    let alternate = alternate.map(|keys| keys.children.as_slice()).unwrap_or_default();
    if alternate.len() > MOST_KEYS {
        return Err(format!("there are more than {MOST_KEYS} AlternateVerificationKeys"));
    }
    std::iter::once(primary).chain(alternate).map(key).collect()
}

fn key(element: &Element) -> Result<VerificationKey, String> {
    let bytes = |name: &str| {
        let text: String =
            element.child_text(name).unwrap_or_default().split_whitespace().collect();
        let bytes = STANDARD.decode(text).unwrap_or_default();
        if bytes.is_empty() {
            Err(format!("{}: {name} must be base64, and not empty", element.name))
        } else {
            Ok(bytes)
        }
    };
    match element.ty.as_deref() {
        Some("SymmetricVerificationKey") => {
            Ok(VerificationKey::Symmetric(Secret::from(bytes("KeyValue")?)))
        }
        Some("X509CertTokenVerificationKey") => {
            let certificate = RsaCertificate::from_der(&bytes("RawBody")?)
                .map_err(|error| format!("{}: RawBody: {error}", element.name))?;
            Ok(VerificationKey::Rsa(certificate.rsa_public_key().to_vec()))
        }
        other => Err(format!(
            "{}: its type must be SymmetricVerificationKey or X509CertTokenVerificationKey, not \
             '{}'",
            element.name,
            other.unwrap_or_default()
        )),
    }
}

fn claims(root: &Element) -> Result<Vec<(String, Option<String>)>, String> {
    let claims = root.child("RequiredClaims");
    let claims = claims.map(|claims| claims.children.as_slice()).unwrap_or_default();
    let read = |claim: &Element| {
        let name = match claim.child_text("ClaimType") {
            None | Some("") => return Err("a TokenClaim has no ClaimType".to_owned()),
            Some(name) => name.to_owned(),
        };
        // Some clients leave the element out, and some write an empty one.
        let value = claim.child_text("ClaimValue").filter(|value| !value.is_empty());
        if value.is_none() && name != KEY_ID_CLAIM {
            return Err(format!("the TokenClaim {name} has no ClaimValue"));
        }
        Ok((name, value.map(str::to_owned)))
    };
    claims.iter().map(read).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A template with a part of it replaced.
    pub(crate) fn template(from: &str, to: &str) -> String {
        let key = STANDARD.encode([7; 64]);
        let template = format!(
            "<TokenRestrictionTemplate xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xmlns=\"http://schemas.microsoft.com/Azure/MediaServices/KeyDelivery/\
             TokenRestrictionTemplate/v1\"><AlternateVerificationKeys /><Audience>urn:a</Audience>\
             <Issuer>http://i/</Issuer><PrimaryVerificationKey i:type=\"SymmetricVerificationKey\">\
             <KeyValue>{key}</KeyValue></PrimaryVerificationKey><RequiredClaims><TokenClaim>\
             <ClaimType>{KEY_ID_CLAIM}</ClaimType><ClaimValue i:nil=\"true\" /></TokenClaim>\
             <TokenClaim><ClaimType>rental</ClaimType><ClaimValue>true</ClaimValue></TokenClaim>\
             </RequiredClaims><TokenType>JWT</TokenType></TokenRestrictionTemplate>"
        );
        assert!(template.contains(from), "{from}");
        template.replace(from, to)
    }

    #[test]
    fn templates_are_read() {
        let read = TokenRestriction::parse(&template("", "")).expect("it is a template");
        assert_eq!((read.issuer.as_str(), read.audience.as_str()), ("http://i/", "urn:a"));
        assert_eq!((read.token_type, read.keys.len()), (TokenType::Jwt, 1));
        let rental = ("rental".to_owned(), Some("true".to_owned()));
        assert_eq!(read.claims, [(KEY_ID_CLAIM.to_owned(), None), rental]);
        let old = TokenRestriction::parse(&template("<TokenType>JWT</TokenType>", ""));
        assert_eq!(old.expect("it is a template").token_type, TokenType::Swt);
        let shown = format!("{read:?}");
        assert!(!shown.contains("7, 7"), "{shown}");
    }

    #[test]
    fn broken_templates_are_refused_with_a_reason() {
        for (from, to, reason) in [
            ("<Issuer>http://i/</Issuer>", "", "Issuer"),
            ("<Audience>urn:a</Audience>", "<Audience/>", "Audience"),
            ("PrimaryVerificationKey i:type", "PrimaryVerificationKey type2", "its type"),
            ("PrimaryVerificationKey", "SecondaryKey", "PrimaryVerificationKey"),
            ("SymmetricVerificationKey", "RsaTokenVerificationKey", "RsaTokenVerificationKey"),
            ("SymmetricVerificationKey", "X509CertTokenVerificationKey", "RawBody"),
            ("KeyValue>", "Value>", "KeyValue"),
            ("<KeyValue>", "<KeyValue>*", "base64"),
            (">JWT<", ">SAML<", "SAML"),
            ("<ClaimType>rental</ClaimType>", "", "ClaimType"),
            ("<ClaimValue>true</ClaimValue>", "", "rental"),
            ("TokenRestrictionTemplate", "Template", "root"),
            ("</RequiredClaims>", "", "position"),
            (
                "<TokenType>",
                "<OpenIdConnectDiscoveryDocument/><TokenType>",
                "OpenIdConnectDiscoveryDocument",
            ),
        ] {
            let error = TokenRestriction::parse(&template(from, to)).err();
            let error = error.unwrap_or_else(|| panic!("{from} → {to} is accepted"));
            assert!(error.contains(reason), "{from} → {to}: {error}");
        }
    }
}
