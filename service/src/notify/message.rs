//! Notifications as they are on the wire.

use azure_media::v2_19::JobState;
use edm::Record;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest as _, Sha256};

use crate::store::{Event, Message};

/// The account that messages come from.
pub(super) struct Sender<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// Its id.
    pub(super) id: &'a str,
}

/// The body of a message to an end point.
pub(super) fn body(message: &Message, end_point: &Record, sender: &Sender<'_>) -> Vec<u8> {
    let mut properties = Map::new();
    let mut put = |name: &str, value: String| {
        properties.insert(name.to_owned(), Json::String(value));
    };
    let subject = || message.subject.clone();
    let (version, event) = match &message.event {
        Event::Registration => {
            put("NotificationEndPointId", subject());
            put("State", "Registered".to_owned());
            put("Name", end_point.text("Name").to_owned());
            put("Created", created(end_point));
            ("1.0", "NotificationEndPointRegistration")
        }
        Event::Unregistration { name, .. } => {
            put("NotificationEndPointId", subject());
            put("State", "Unregistered".to_owned());
            put("Name", name.clone());
            ("1.0", "NotificationEndPointUnregistration")
        }
        Event::JobState { name, old, new } => {
            put("JobId", subject());
            put("JobName", name.clone().unwrap_or_default());
            put("NewState", state(*new));
            put("OldState", state(*old));
            ("1.1", "JobStateChange")
        }
        Event::TaskState { task, old, new } => {
            put("JobId", subject());
            put("TaskId", task.clone());
            put("NewState", state(*new));
            put("OldState", state(*old));
            ("1.1", "TaskStateChange")
        }
        Event::TaskProgress { task, state: now, percent } => {
            put("JobId", subject());
            put("TaskId", task.clone());
            put("State", state(*now));
            put("lastComputedProgress", percent.to_string());
            ("1.1", "TaskProgress")
        }
    };
    put("AccountName", sender.name.to_owned());
    put("AccountId", sender.id.to_owned());
    if !matches!(message.event, Event::Registration | Event::Unregistration { .. }) {
        put("NotificationEndPointId", message.end_point.clone());
    }
    let body = json!({
        "MessageVersion": version,
        "ETag": etag(message),
        "EventType": event,
        // Ticks of 100 ns, as .NET prints them.
        "TimeStamp": format!("{}0000Z", message.happened),
        "Properties": properties,
    });
    body.to_string().into_bytes()
}

/// The same for every attempt to deliver a message, and for no other message: a receiver knows by
/// it what it has seen.
fn etag(message: &Message) -> String {
    let digest =
        Sha256::new().chain_update(&message.end_point).chain_update(message.seq.to_be_bytes());
    hex(&digest.finalize()).to_ascii_lowercase()
}

fn state(number: i32) -> String {
    format!("{:?}", JobState::from_number(number))
}

fn created(end_point: &Record) -> String {
    let created = end_point.value("Created").as_date_time();
    let text = created.map(|time| time.to_string()).unwrap_or_default();
    text.get(..19).unwrap_or(&text).to_owned()
}

/// The value of the header `ms-signature`.
pub(super) fn signature(key: &[u8], body: &[u8]) -> String {
    // Keys of every length are good for HMAC.
    let mac = Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(body).finalize());
    format!("sha256={}", mac.map(|mac| hex(&mac.into_bytes())).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |nibble: u8| char::from(DIGITS[usize::from(nibble & 0xf)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_that_of_rfc_4231() {
        let body = b"what do ya want for nothing?";
        assert_eq!(
            signature(b"Jefe", body),
            "sha256=5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"
        );
    }
}
