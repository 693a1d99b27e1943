//! The `AssetDeliveryConfiguration` of a delivery policy: JSON in a text.

use std::collections::BTreeMap;

use azure_media::v2_19::AssetDeliveryPolicyConfigurationKey as Key;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value as Json;

/// Longer ones are refused.
const LONGEST: usize = 64 << 10;
/// Bytes in an initialization vector.
const IV: usize = 16;

/// What a delivery policy is configured with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DeliveryConfiguration(BTreeMap<i32, String>);

impl DeliveryConfiguration {
    /// Reads a configuration; an error says what is wrong with it. An empty text has no entries.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Ok(Self::default());
        }
        if text.len() > LONGEST {
            return Err(format!("it is longer than {LONGEST} bytes"));
        }
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let entries = match json {
            Json::Array(entries) => entries,
            Json::Null => Vec::new(),
            _ => return Err("it must be an array of objects with Key and Value".to_owned()),
        };
        let mut configuration = Self::default();
        for entry in &entries {
            let number = entry.get("Key").and_then(key_number);
            let value = entry.get("Value").and_then(Json::as_str);
            let (Some(number), Some(value)) = (number, value) else {
                return Err("its entries must have a Key, a number, and a Value, a text".to_owned());
            };
            check(Key::from_number(number), value).map_err(|problem| {
                format!("the value of Key {number} {problem}; found '{}'", shortened(value))
            })?;
            if configuration.0.insert(number, value.to_owned()).is_some() {
                return Err(format!("it has the Key {number} twice"));
            }
        }
        Ok(configuration)
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: Key) -> Option<&str> {
        self.0.get(&key.value()).map(String::as_str)
    }

    /// Whether there is a value for one of these keys.
    pub(crate) fn has_any(&self, keys: &[Key]) -> bool {
        keys.iter().any(|key| self.get(*key).is_some())
    }

    /// The initialization vector of envelope encryption, if one is given.
    pub(crate) fn envelope_iv(&self) -> Option<[u8; IV]> {
        let base64 = self.get(Key::EnvelopeEncryptionIVAsBase64).and_then(iv_from_base64);
        base64.or_else(|| self.get(Key::EnvelopeEncryptionIV).and_then(iv_from_hex))
    }

    /// The initialization vector of common encryption in the scheme `cbcs`, if one is given.
    pub(crate) fn cbcs_iv(&self) -> Option<[u8; IV]> {
        let text = self.get(Key::CommonEncryptionIVForCbcs)?;
        iv_from_hex(text).or_else(|| iv_from_base64(text))
    }
}

/// Clients write the number of a key as a text, too.
fn key_number(key: &Json) -> Option<i32> {
    match key {
        Json::Number(number) => number.as_i64().and_then(|number| i32::try_from(number).ok()),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn check(key: Key, value: &str) -> Result<(), &'static str> {
    match key {
        Key::EnvelopeKeyAcquisitionUrl
        | Key::EnvelopeBaseKeyAcquisitionUrl
        | Key::PlayReadyLicenseAcquisitionUrl
        | Key::WidevineLicenseAcquisitionUrl
        | Key::WidevineBaseLicenseAcquisitionUrl
        | Key::FairPlayLicenseAcquisitionUrl
        | Key::FairPlayBaseLicenseAcquisitionUrl => match url::Url::parse(value) {
            Ok(_) => Ok(()),
            Err(_) => Err("must be an absolute URL"),
        },
        Key::EnvelopeEncryptionIVAsBase64 if iv_from_base64(value).is_none() => {
            Err("must be 16 bytes in base64")
        }
        Key::EnvelopeEncryptionIV if iv_from_hex(value).is_none() => {
            Err("must be 16 bytes in hexadecimal")
        }
        Key::CommonEncryptionIVForCbcs
            if iv_from_hex(value).or_else(|| iv_from_base64(value)).is_none() =>
        {
            Err("must be 16 bytes in hexadecimal or base64")
        }
        Key::None | Key::Unknown(_) => Err("means nothing: there is no such key"),
        _ => Ok(()),
    }
}

fn iv_from_base64(text: &str) -> Option<[u8; IV]> {
    STANDARD.decode(text.trim()).ok()?.try_into().ok()
}

fn iv_from_hex(text: &str) -> Option<[u8; IV]> {
    let text = text.trim();
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text);
    if digits.len() != 2 * IV || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(digits, 16).ok().map(u128::to_be_bytes)
}

fn shortened(value: &str) -> String {
    value.chars().take(100).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configurations_are_read() {
        let empty = DeliveryConfiguration::default();
        for text in ["", "  ", "null", "[]"] {
            assert_eq!(DeliveryConfiguration::parse(text).as_ref(), Ok(&empty), "{text}");
        }
        let text = r#"[{"Key":2,"Value":"https://k/"},{"Key":"6","Value":"000102030405060708090A0B0C0D0E0F"}]"#;
        let read = DeliveryConfiguration::parse(text).expect("it is one");
        assert_eq!(read.get(Key::EnvelopeBaseKeyAcquisitionUrl), Some("https://k/"));
        assert_eq!(read.envelope_iv().map(|iv| iv[15]), Some(15));
        assert_eq!(read.cbcs_iv(), None);
        let text = r#"[{"Key":3,"Value":"AAECAwQFBgcICQoLDA0ODw=="},
                       {"Key":11,"Value":"0x000102030405060708090A0B0C0D0E0F"}]"#;
        let read = DeliveryConfiguration::parse(text).expect("it is one");
        assert_eq!(read.envelope_iv(), read.cbcs_iv());
        assert!(read.envelope_iv().is_some());
    }

    #[test]
    fn others_are_refused_with_a_reason() {
        for (text, reason) in [
            ("x", "expected value"),
            ("{}", "array"),
            ("[1]", "Key"),
            (r#"[{"Key":2}]"#, "Value"),
            (r#"[{"Key":2,"Value":7}]"#, "Value"),
            (r#"[{"Key":"two","Value":"https://k/"}]"#, "Key"),
            (r#"[{"Key":2,"Value":"/relative"}]"#, "absolute URL"),
            (r#"[{"Key":0,"Value":"x"}]"#, "no such key"),
            (r#"[{"Key":99,"Value":"x"}]"#, "no such key"),
            (r#"[{"Key":3,"Value":"AAAA"}]"#, "base64"),
            (r#"[{"Key":6,"Value":"+0102030405060708090A0B0C0D0E0F0"}]"#, "hexadecimal"),
            (r#"[{"Key":11,"Value":"ß"}]"#, "hexadecimal"),
            (r#"[{"Key":12,"Value":"a"},{"Key":12,"Value":"b"}]"#, "twice"),
        ] {
            let error = DeliveryConfiguration::parse(text).expect_err(text);
            assert!(error.contains(reason), "{text}: {error}");
        }
        assert!(DeliveryConfiguration::parse(&"[".repeat(1000)).is_err());
        assert!(DeliveryConfiguration::parse(&" ".repeat(LONGEST + 1)).is_ok());
        assert!(DeliveryConfiguration::parse(&format!("[{}]", " ".repeat(LONGEST))).is_err());
    }
}
