//! JSON web tokens: HS256 and RS256, and nothing that a token says of itself.

use std::collections::HashSet;

use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value as Json};

use super::restriction::{Claims, Denied, TokenRestriction, VerificationKey};

/// How far clocks may be apart, in seconds.
pub(super) const LEEWAY: u64 = 60;

/// Verifies a token, and returns its claims.
pub(super) fn verify(restriction: &TokenRestriction, token: &str) -> Result<Claims, Denied> {
    let mut denied = Denied::Invalid("the signature of the token is not right");
    for key in &restriction.keys {
        // The key says what the algorithm is, never the token.
        let (algorithm, key) = match key {
            VerificationKey::Symmetric(secret) => {
                (Algorithm::HS256, DecodingKey::from_secret(secret.expose_secret()))
            }
            VerificationKey::Rsa(der) => (Algorithm::RS256, DecodingKey::from_rsa_der(der)),
        };
        let mut validation = Validation::new(algorithm);
        validation.leeway = LEEWAY;
        validation.validate_nbf = true;
        validation.set_audience(&[&restriction.audience]);
        validation.set_issuer(&[&restriction.issuer]);
        validation.required_spec_claims = HashSet::from(["exp", "aud", "iss"].map(str::to_owned));
        match decode::<Map<String, Json>>(token, &key, &validation) {
            Ok(data) => return Ok(claims(data.claims)),
            Err(error) => match reason(error.kind()) {
                Some(reason) => return Err(Denied::Invalid(reason)),
                // Another key may be the right one.
                None => denied = Denied::Invalid("the token is not signed with a known key"),
            },
        }
    }
    Err(denied)
}

/// Why a token is no good whatever key is tried; `None` if it was the key.
fn reason(kind: &ErrorKind) -> Option<&'static str> {
    Some(match kind {
        ErrorKind::InvalidSignature
        | ErrorKind::InvalidAlgorithm
        | ErrorKind::InvalidAlgorithmName => return None,
        ErrorKind::ExpiredSignature => "the token has expired",
        ErrorKind::ImmatureSignature => "the token is not good yet",
        ErrorKind::InvalidIssuer => "the token is from another issuer",
        ErrorKind::InvalidAudience => "the token is for another audience",
        ErrorKind::MissingRequiredClaim(_) => "the token must have iss, aud and exp",
        _ => "the token is malformed",
    })
}

/// Claims as texts; of a list, each of its elements.
fn claims(claims: Map<String, Json>) -> Claims {
    let text = |value: Json| match value {
        Json::String(text) => Some(text),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(bool) => Some(bool.to_string()),
        _ => None,
    };
    let texts = |value| match value {
        Json::Array(values) => values.into_iter().filter_map(text).collect(),
        value => text(value).into_iter().collect(),
    };
    claims.into_iter().map(|(name, value)| (name, texts(value))).collect()
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode, get_current_timestamp};
    use serde_json::json;
    use uuid::Uuid;

    use super::super::restriction::tests::template;
    use super::*;

    const KID: Uuid = Uuid::from_u128(0x1234);

    fn good() -> Json {
        json!({
            "iss": "http://i/", "aud": "urn:a", "exp": get_current_timestamp() + 600,
            "nbf": get_current_timestamp(), "rental": true,
            "urn:microsoft:azure:mediaservices:contentkeyidentifier": KID.to_string().to_uppercase(),
        })
    }

    fn sign(algorithm: Algorithm, claims: &Json, key: &[u8]) -> String {
        encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(key)).expect("a token")
    }

    fn check(token: &str) -> Result<(), Denied> {
        let restriction = TokenRestriction::parse(&template("", "")).expect("it is a template");
        restriction.check(token, KID)
    }

    #[test]
    fn good_tokens_are_good() {
        assert_eq!(check(&sign(Algorithm::HS256, &good(), &[7; 64])), Ok(()));
        let mut several = good();
        several["aud"] = json!(["urn:b", "urn:a"]);
        several["rental"] = json!(["false", "true"]);
        assert_eq!(check(&sign(Algorithm::HS256, &several, &[7; 64])), Ok(()));
    }

    #[test]
    fn other_tokens_are_not() {
        let now = get_current_timestamp();
        for (claim, value, problem) in [
            ("iss", json!("http://j/"), Denied::Invalid("the token is from another issuer")),
            ("aud", json!("urn:b"), Denied::Invalid("the token is for another audience")),
            ("exp", json!(now - LEEWAY - 5), Denied::Invalid("the token has expired")),
            ("nbf", json!(now + LEEWAY + 5), Denied::Invalid("the token is not good yet")),
            ("exp", Json::Null, Denied::Invalid("the token must have iss, aud and exp")),
            ("iss", Json::Null, Denied::Invalid("the token must have iss, aud and exp")),
            ("aud", Json::Null, Denied::Invalid("the token must have iss, aud and exp")),
        ] {
            let mut claims = good();
            match value {
                Json::Null => {
                    claims.as_object_mut().expect("an object").remove(claim);
                }
                value => claims[claim] = value,
            }
            let token = sign(Algorithm::HS256, &claims, &[7; 64]);
            assert_eq!(check(&token), Err(problem), "{claim}");
        }
        for (claim, value) in [
            ("rental", json!(false)),
            ("rental", json!({ "true": "true" })),
            (
                "urn:microsoft:azure:mediaservices:contentkeyidentifier",
                json!(Uuid::nil().to_string()),
            ),
            ("urn:microsoft:azure:mediaservices:contentkeyidentifier", json!("")),
        ] {
            let mut claims = good();
            claims[claim] = value;
            let token = sign(Algorithm::HS256, &claims, &[7; 64]);
            assert!(matches!(check(&token), Err(Denied::Insufficient(_))), "{claim}");
        }
    }

    #[test]
    fn signatures_count_and_algorithms_are_fixed() {
        let good_token = sign(Algorithm::HS256, &good(), &[7; 64]);
        let unsigned = {
            let (signed, _) = good_token.rsplit_once('.').expect("a signature");
            let (_, payload) = signed.split_once('.').expect("a payload");
            // {"alg":"none"}
            format!("eyJhbGciOiJub25lIn0.{payload}.")
        };
        for token in [
            &sign(Algorithm::HS256, &good(), &[8; 64]),
            &sign(Algorithm::HS512, &good(), &[7; 64]),
            &format!("{good_token}A"),
            &unsigned,
            &good_token.replace('.', ""),
            "",
            "a.b.c",
        ] {
            assert!(matches!(check(token), Err(Denied::Invalid(_))), "{token}");
        }
    }

    #[test]
    fn alternate_keys_verify_as_well() {
        let key = "AlternateVerificationKeys><TokenVerificationKey \
                   i:type=\"SymmetricVerificationKey\"><KeyValue>CQkJCQ==</KeyValue>\
                   </TokenVerificationKey></AlternateVerificationKeys>";
        let template = template("AlternateVerificationKeys />", key);
        let restriction = TokenRestriction::parse(&template).expect("it is a template");
        for key in [&[7; 64][..], &[9; 4]] {
            assert_eq!(restriction.check(&sign(Algorithm::HS256, &good(), key), KID), Ok(()));
        }
        let other = sign(Algorithm::HS256, &good(), &[8; 64]);
        assert!(restriction.check(&other, KID).is_err());
    }
}
