//! Simple web tokens: a form, signed with HMAC and SHA-256.

use aws_lc_rs::hmac::{HMAC_SHA256, Key, verify as verify_hmac};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use percent_encoding::percent_decode_str;
use secrecy::ExposeSecret as _;

use super::jwt::LEEWAY;
use super::restriction::{Claims, Denied, TokenRestriction, VerificationKey};

/// Longer tokens are not looked at.
const LONGEST: usize = 16 << 10;

/// Verifies a token at a time (in seconds since 1970), and returns its claims.
pub(super) fn verify(
    restriction: &TokenRestriction,
    token: &str,
    now: i64,
) -> Result<Claims, Denied> {
    let malformed = Denied::Invalid("the token is malformed");
    if token.len() > LONGEST {
        return Err(malformed);
    }
    let (signed, signature) = token.rsplit_once("&HMACSHA256=").ok_or(malformed)?;
    let signature = percent_decode_str(signature).decode_utf8().map_err(|_| malformed)?;
    let signature = STANDARD.decode(signature.as_bytes()).map_err(|_| malformed)?;
    let right = restriction.keys.iter().any(|key| match key {
        VerificationKey::Symmetric(secret) => {
            let key = Key::new(HMAC_SHA256, secret.expose_secret());
            verify_hmac(&key, signed.as_bytes(), &signature).is_ok()
        }
        VerificationKey::Rsa(_) => false,
    });
    if !right {
        return Err(Denied::Invalid("the token is not signed with a known key"));
    }
    let mut claims = Claims::new();
    for (name, value) in url::form_urlencoded::parse(signed.as_bytes()) {
        claims.entry(name.into_owned()).or_default().push(value.into_owned());
    }
    let only = |name: &str| match claims.get(name).map(Vec::as_slice) {
        Some([value]) => Ok(value.as_str()),
        _ => Err(Denied::Invalid("the token must have one Issuer, Audience and ExpiresOn")),
    };
    if only("Issuer")? != restriction.issuer {
        return Err(Denied::Invalid("the token is from another issuer"));
    }
    if only("Audience")? != restriction.audience {
        return Err(Denied::Invalid("the token is for another audience"));
    }
    let end: i64 = only("ExpiresOn")?.parse().map_err(|_| malformed)?;
    if end.saturating_add_unsigned(LEEWAY) < now {
        return Err(Denied::Invalid("the token has expired"));
    }
    Ok(claims)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::hmac::sign;
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    use uuid::Uuid;

    use super::super::restriction::tests::template;
    use super::*;

    const KID: &str = "00000000-0000-0000-0000-00000000abcd";
    const NOW: i64 = 1_700_000_000;

    fn restriction() -> TokenRestriction {
        TokenRestriction::parse(&template("JWT", "SWT")).expect("it is a template")
    }

    fn token(body: &str, key: &[u8]) -> String {
        let signature = sign(&Key::new(HMAC_SHA256, key), body.as_bytes());
        let signature = STANDARD.encode(signature.as_ref());
        format!("{body}&HMACSHA256={}", utf8_percent_encode(&signature, NON_ALPHANUMERIC))
    }

    fn body(end: i64) -> String {
        format!(
            "urn%3amicrosoft%3aazure%3amediaservices%3acontentkeyidentifier={KID}&rental=true&\
             Audience=urn%3aa&ExpiresOn={end}&Issuer=http%3a%2f%2fi%2f"
        )
    }

    #[test]
    fn good_tokens_are_good() {
        let found = verify(&restriction(), &token(&body(NOW + 60), &[7; 64]), NOW);
        let found = found.expect("it is good");
        assert_eq!(found["rental"], ["true"]);
        // The whole way, at the time of this test.
        let later = token(&body(i64::MAX), &[7; 64]);
        let kid = Uuid::try_parse(KID).expect("a GUID");
        assert_eq!(restriction().check(&later, kid), Ok(()));
        assert!(matches!(restriction().check(&later, Uuid::nil()), Err(Denied::Insufficient(_))));
    }

    #[test]
    fn other_tokens_are_not() {
        let good = body(NOW + 60);
        let long = format!("{good}&x={}", "x".repeat(LONGEST));
        for token in [
            token(&body(NOW - 61), &[7; 64]),
            token(&good, &[8; 64]),
            token(&good, &[7; 64]).replace("rental=true", "rental=false"),
            token(&good.replace("urn%3aa", "urn%3ab"), &[7; 64]),
            token(&good.replace("%2fi%2f", "%2fj%2f"), &[7; 64]),
            token(&good.replace("ExpiresOn", "expireson"), &[7; 64]),
            token(&good.replace("ExpiresOn=", "ExpiresOn=x"), &[7; 64]),
            token(&format!("{good}&Issuer=http%3a%2f%2fj%2f"), &[7; 64]),
            token(&long, &[7; 64]),
            good.clone(),
            format!("{good}&HMACSHA256="),
            format!("{good}&HMACSHA256=~"),
            String::new(),
        ] {
            let found = verify(&restriction(), &token, NOW);
            assert!(matches!(found, Err(Denied::Invalid(_))), "{token}");
        }
    }
}
