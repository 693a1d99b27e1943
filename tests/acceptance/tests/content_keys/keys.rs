//! `ContentKeys`, and the operations about what protects them.

use acceptance::crypto::{self, Identity};
use acceptance::{Service, error_message, id_of, key, new_id, percent, value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

fn body(changes: Json) -> Json {
    let api = &Service::shared().api;
    let mut body = json!({
        "Id": new_id("kid"),
        "ContentKeyType": 4,
        "EncryptedContentKey": crypto::wrap(&api.certificate(), &[7; 16]),
    });
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Json::Null => body.as_object_mut().unwrap().remove(name),
            value => body.as_object_mut().unwrap().insert(name.clone(), value.clone()),
        };
    }
    body
}

#[test]
fn the_certificate_is_found_by_its_thumbprint() {
    let api = &Service::shared().api;
    let certificate = STANDARD.decode(api.certificate()).unwrap();
    for ty in [0, 1, 2, 3, 4, 6, 7, 8] {
        let id = api.get(&format!("GetProtectionKeyId?contentKeyType={ty}")).send().expect(200);
        assert_eq!(value(&id), crypto::sha1(&certificate));
        let again = format!("GetProtectionKey?protectionkeyid='{}'", value(&id).to_lowercase());
        assert_eq!(value(&api.get(&again).send().expect(200)), STANDARD.encode(&certificate));
    }
    let verbose = api.get("GetProtectionKeyId?ContentKeyType=1").verbose().send().expect(200);
    assert_eq!(verbose.json()["d"]["GetProtectionKeyId"], crypto::sha1(&certificate));
}

#[test]
fn other_certificates_are_not_found() {
    let api = &Service::shared().api;
    for (path, status) in [
        ("GetProtectionKeyId", 400),
        ("GetProtectionKeyId?contentKeyType=5", 400),
        ("GetProtectionKeyId?contentKeyType=-1", 400),
        ("GetProtectionKeyId?contentKeyType='1'", 400),
        ("GetProtectionKeyId?contentKeyType=99999999999", 400),
        ("GetProtectionKey", 400),
        ("GetProtectionKey?protectionKeyId=1", 400),
        ("GetProtectionKey?protectionKeyId='0000000000000000000000000000000000000000'", 404),
        ("GetProtectionKey?protectionKeyId=''", 404),
    ] {
        let reply = api.get(path).send().expect(status);
        assert!(!error_message(&reply).is_empty(), "{reply}");
    }
    api.call("POST", "GetProtectionKeyId?contentKeyType=1").json("{}").send().expect(405);
}

/// Clients compute the checksum in different ways, and break lines of base64 or not.
#[test]
fn keys_are_made_as_clients_make_them() {
    let api = &Service::shared().api;
    let thumbprint = crypto::sha1(&STANDARD.decode(api.certificate()).unwrap());
    let key = crypto::random(32);
    let wrapped = crypto::wrap(&api.certificate(), &key);
    let mut lines = String::new();
    for piece in wrapped.as_bytes().chunks(60) {
        lines.push_str(std::str::from_utf8(piece).unwrap());
        lines.push('\n');
    }
    let id = new_id("kid");
    // The GUID as .NET lays it out: the first three groups are little-endian.
    let mut guid = *uuid::Uuid::parse_str(id.rsplit(':').next().unwrap()).unwrap().as_bytes();
    guid[..4].reverse();
    guid[4..6].reverse();
    guid[6..8].reverse();
    let padded = format!("{:\0<48}", &id[..44]);
    let bodies = [
        json!({ "Id": id, "ContentKeyType": "1", "EncryptedContentKey": wrapped, "ProtectionKeyId": thumbprint, "ProtectionKeyType": "0", "Checksum": crypto::checksum(&key, &guid), "Name": "" }),
        json!({ "Id": new_id("kid"), "ContentKeyType": "1", "EncryptedContentKey": wrapped, "ProtectionKeyId": thumbprint.to_lowercase(), "ProtectionKeyType": 1, "Checksum": crypto::checksum(&key, padded.as_bytes()) }),
        json!({ "Id": new_id("kid"), "ContentKeyType": 1, "EncryptedContentKey": lines, "ProtectionKeyId": thumbprint, "ProtectionKeyType": 0, "Checksum": crypto::checksum(&key, &thumbprint.as_bytes()[..16]) }),
        json!({ "Id": new_id("kid"), "ContentKeyType": 1, "EncryptedContentKey": wrapped, "Created": "0001-01-01T00:00:00", "LastModified": "0001-01-01T00:00:00", "AuthorizationPolicyId": null, "Checksum": null, "Name": null, "ProtectionKeyId": null, "ProtectionKeyType": 0 }),
    ];
    for body in bodies {
        let made = api.post("ContentKeys", &body).send().expect(201).json();
        assert_eq!((&made["Id"], &made["ContentKeyType"]), (&body["Id"], &json!(1)));
        assert_eq!(made["EncryptedContentKey"], body["EncryptedContentKey"]);
        assert_eq!(made["Checksum"], body["Checksum"]);
        let path = format!("RebindContentKey?id='{}'&x509Certificate=''", percent(&id_of(&made)));
        let clear = value(&api.get(&path).send().expect(200));
        assert_eq!(STANDARD.decode(clear).unwrap(), key);
    }
}

/// PHP and Java write XML whose properties have no types, and read the root's text alone.
#[test]
fn keys_and_their_policies_are_made_in_atom() {
    let api = &Service::shared().api;
    let id = new_id("kid");
    let post = |set: &str, properties: &str| {
        let entry = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><entry xmlns=\"http://www.w3.org/2005/Atom\" \
             xmlns:d=\"http://schemas.microsoft.com/ado/2007/08/dataservices\" xmlns:m=\"http://\
             schemas.microsoft.com/ado/2007/08/dataservices/metadata\"><content \
             type=\"application/xml\"><m:properties>{properties}</m:properties></content></entry>"
        );
        let call = api.call("POST", set).body(entry).header("accept", "application/atom+xml");
        call.header("content-type", "application/atom+xml").header("dataserviceversion", "3.0")
    };
    let id_in = |reply: &str| {
        let (_, rest) = reply.split_once("<d:Id>").unwrap_or_else(|| panic!("no Id: {reply}"));
        rest.split_once("</d:Id>").unwrap().0.to_owned()
    };
    let wrapped = crypto::wrap(&api.certificate(), &[7; 16]);
    let properties = format!(
        "<d:Id>{id}</d:Id><d:Name>php</d:Name><d:ContentKeyType>4</d:ContentKeyType>\
         <d:EncryptedContentKey>{wrapped}</d:EncryptedContentKey><d:Checksum>x</d:Checksum>\
         <d:ProtectionKeyType>0</d:ProtectionKeyType>"
    );
    let made = post("ContentKeys", &properties).send().expect(201);
    assert_eq!(id_in(made.text()), id);
    post("ContentKeys", &properties).send().expect(409);
    let broken = properties.replace(&id, &new_id("kid")).replace(&wrapped, "AAAA");
    assert!(post("ContentKeys", &broken).send().expect(400).text().contains("m:message"));

    let option = "<d:Name>open</d:Name><d:KeyDeliveryType>2</d:KeyDeliveryType><d:Restrictions>\
                  <d:element><d:Name>open</d:Name><d:KeyRestrictionType>0</d:KeyRestrictionType>\
                  </d:element></d:Restrictions>";
    let option = post("ContentKeyAuthorizationPolicyOptions", option).send().expect(201);
    let policy = post("ContentKeyAuthorizationPolicies", "<d:Name>p</d:Name>").send().expect(201);
    let (option, policy) = (id_in(option.text()), id_in(policy.text()));
    let links = format!("ContentKeyAuthorizationPolicies('{policy}')/$links/Options");
    let uri = format!(
        "<uri xmlns=\"http://schemas.microsoft.com/ado/2007/08/dataservices\">{}</uri>",
        api.uri("ContentKeyAuthorizationPolicyOptions", &option)
    );
    let link = api.call("POST", &links).body(uri).header("content-type", "application/xml");
    link.header("dataserviceversion", "3.0").send().expect(204);

    let path = format!("ContentKeys('{}')", percent(&id));
    let change = format!("<d:AuthorizationPolicyId>{policy}</d:AuthorizationPolicyId>");
    let tunnelled = post(&path, &change).header("x-http-method", "MERGE");
    tunnelled.send().expect(204);
    let url = api.post(&format!("{path}/GetKeyDeliveryUrl"), json!({ "keyDeliveryType": 2 }));
    let url = url.header("accept", "application/atom+xml,application/xml").send().expect(200);
    let text = url.text();
    let start = text.find("http://127").unwrap_or_else(|| panic!("no URL\n{url}"));
    let end = text[start..].find('<').unwrap();
    let delivered = api.plain("POST", &text[start..start + end]).send().expect(200);
    assert_eq!(delivered.body, [7; 16]);
}

#[test]
fn broken_keys_are_refused_and_not_made() {
    let api = &Service::shared().api;
    let certificate = api.certificate();
    let foreign = crypto::wrap(&Identity::new(2048).certificate, &[7; 16]);
    for (changes, problem) in [
        (json!({ "Id": null }), "Id"),
        (json!({ "Id": "nb:kid:UUID:x" }), "must be an id"),
        (json!({ "Id": new_id("cid") }), "must be an id"),
        (json!({ "ContentKeyType": 5 }), "type 5"),
        (json!({ "ContentKeyType": "Envelope" }), "ContentKeyType"),
        (json!({ "EncryptedContentKey": null }), "EncryptedContentKey"),
        (json!({ "EncryptedContentKey": "" }), "EncryptedContentKey"),
        (json!({ "EncryptedContentKey": "not base64" }), "RSA-OAEP"),
        (json!({ "EncryptedContentKey": STANDARD.encode([0; 16]) }), "RSA-OAEP"),
        (json!({ "EncryptedContentKey": foreign }), "RSA-OAEP"),
        (json!({ "EncryptedContentKey": crypto::wrap(&certificate, &[1; 15]) }), "16 bytes"),
        (json!({ "EncryptedContentKey": crypto::wrap(&certificate, &[1; 32]) }), "16 bytes"),
        (json!({ "EncryptedContentKey": crypto::wrap(&certificate, b"") }), "16 bytes"),
        (json!({ "EncryptedContentKey": "A".repeat(4001) }), "4000"),
        (
            json!({ "ContentKeyType": 1, "EncryptedContentKey": crypto::wrap(&certificate, &[1; 24]) }),
            "16 or 32",
        ),
        (json!({ "ProtectionKeyType": 2 }), "ProtectionKeyType"),
        (json!({ "ProtectionKeyId": "00" }), "GetProtectionKeyId"),
        (json!({ "Secret": "x" }), "Secret"),
        (json!({ "Checksum": "x".repeat(4001) }), "Checksum"),
        (json!({ "AuthorizationPolicyId": "nb:ckpid:UUID:x" }), "AuthorizationPolicyId"),
    ] {
        let body = body(changes);
        let reply = api.post("ContentKeys", &body).send().expect(400);
        assert!(error_message(&reply).contains(problem), "{problem}: {reply}");
        if let Some(id) = body["Id"].as_str().filter(|id| id.starts_with("nb:kid:UUID:0")) {
            api.get(&format!("ContentKeys('{}')", percent(id))).send().expect(404);
        }
    }
    let unknown = body(json!({ "AuthorizationPolicyId": new_id("ckpid") }));
    api.post("ContentKeys", &unknown).send().expect(404);
    api.get(&key("ContentKeys", &unknown)).send().expect(404);
}

#[test]
fn sizes_are_those_of_the_type() {
    let api = &Service::shared().api;
    for (ty, size) in
        [(0, 16), (4, 16), (6, 16), (7, 16), (1, 32), (1, 16), (2, 32), (8, 1), (8, 50)]
    {
        let id = api.content_key(ty, &vec![1; size]);
        api.delete(&format!("ContentKeys('{}')", percent(&id))).send().expect(204);
        api.get(&format!("ContentKeys('{}')", percent(&id))).send().expect(404);
    }
}

#[test]
fn keys_change_their_policy_and_nothing_else() {
    let api = &Service::shared().api;
    let id = api.content_key(4, &[7; 16]);
    let path = format!("ContentKeys('{}')", percent(&id));
    let policy = api.post("ContentKeyAuthorizationPolicies", json!({ "Name": "p" })).send();
    let policy = id_of(&policy.expect(201).json());
    for (method, sent, status) in [
        ("PUT", json!({ "AuthorizationPolicyId": policy }), 204),
        ("MERGE", json!({ "AuthorizationPolicyId": null }), 204),
        ("PATCH", json!({ "AuthorizationPolicyId": policy }), 204),
        ("MERGE", json!({ "AuthorizationPolicyId": new_id("ckpid") }), 404),
        ("MERGE", json!({ "AuthorizationPolicyId": "p" }), 400),
        ("MERGE", json!({ "ContentKeyType": 1 }), 400),
        ("PUT", json!({ "EncryptedContentKey": "AAAA" }), 400),
        ("MERGE", json!({ "Id": new_id("kid") }), 400),
        ("MERGE", json!({ "Nope": 1 }), 400),
    ] {
        api.call(method, &path).json(&sent).send().expect(status);
    }
    let read = api.get(&path).send().expect(200).json();
    assert_eq!(read["AuthorizationPolicyId"], policy.as_str());
    assert_eq!(read["ContentKeyType"], 4);
    // The whole entity, as some clients send it.
    let mut whole = read.clone();
    whole.as_object_mut().unwrap().retain(|name, _| !name.starts_with("odata."));
    api.merge(&path, whole).send().expect(204);
}

#[test]
fn keys_are_rebound_to_the_certificate_of_a_client() {
    let api = &Service::shared().api;
    let (secret, client) = (crypto::random(16), Identity::new(2048));
    let id = percent(&api.content_key(0, &secret));
    // Once escaped, as it must be, and twice, as Java does.
    let escaped = percent(&client.certificate);
    for certificate in [escaped.clone(), percent(&escaped)] {
        let path = format!("RebindContentKey?id='{id}'&x509Certificate='{certificate}'");
        let bound = value(&api.get(&path).send().expect(200));
        assert_eq!(client.unwrap(&bound), secret);
    }
    // Without a certificate, in the clear: the parameter may be empty or left out.
    for path in [
        format!("RebindContentKey?id='{id}'&x509Certificate=''"),
        format!("RebindContentKey?ID='{id}'"),
    ] {
        let clear = value(&api.get(&path).send().expect(200));
        assert_eq!(STANDARD.decode(clear).unwrap(), secret);
    }
}

#[test]
fn keys_are_not_rebound_to_garbage() {
    let api = &Service::shared().api;
    let id = percent(&api.content_key(0, &[7; 16]));
    let unknown = percent(&new_id("kid"));
    let small = percent(&Identity::new(1024).certificate);
    let mut cut = Identity::new(2048).certificate;
    cut.truncate(400);
    for (parameters, status) in [
        (String::new(), 400),
        (format!("id={id}&x509Certificate=''"), 400),
        ("id='x'&x509Certificate=''".to_owned(), 400),
        (format!("id='{unknown}'&x509Certificate=''"), 404),
        (format!("id='{id}'&x509Certificate=1"), 400),
        (format!("id='{id}'&x509Certificate='InvalidX509Certificate'"), 400),
        (format!("id='{id}'&x509Certificate='AAAA'"), 400),
        (format!("id='{id}'&x509Certificate='{small}'"), 400),
        (format!("id='{id}'&x509Certificate='{}'", percent(&cut)), 400),
    ] {
        let reply = api.get(&format!("RebindContentKey?{parameters}")).send().expect(status);
        assert!(!error_message(&reply).is_empty(), "{reply}");
    }
}

#[test]
fn the_private_key_is_for_the_service_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let service = Service::shared();
    let metadata = std::fs::metadata(service.data().join("protection-key.der")).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
}

#[test]
fn delivery_urls_are_those_of_the_type() {
    let service = Service::shared();
    let api = &service.api;
    let root = format!("{}/keydelivery", service.info.streaming);
    for (ty, delivery, expected) in [
        (4, json!({ "keyDeliveryType": 2 }), Some("/?KID={kid}")),
        (4, json!({ "KeyDeliveryType": "2" }), Some("/?KID={kid}")),
        (0, json!({ "keyDeliveryType": 1 }), Some("/PlayReady/")),
        (0, json!({ "KEYDELIVERYTYPE": 3 }), Some("/Widevine/?kid={kid}")),
        (6, json!({ "keyDeliveryType": 4 }), Some("/FairPlay/?kid={kid}")),
        (4, json!({ "keyDeliveryType": 0 }), None),
        (4, json!({ "keyDeliveryType": 1 }), None),
        (0, json!({ "keyDeliveryType": 2 }), None),
        (1, json!({ "keyDeliveryType": 2 }), None),
        (4, json!({ "keyDeliveryType": 77 }), None),
        (4, json!({ "keyDeliveryType": null }), None),
        (4, json!({ "keyDeliveryType": "x" }), None),
        (4, json!({}), None),
        (4, json!({ "other": 2 }), None),
    ] {
        let id = api.content_key(ty, &[7; 16]);
        let path = format!("ContentKeys('{}')/GetKeyDeliveryUrl", percent(&id));
        let reply = api.post(&path, &delivery).header("dataserviceversion", "3.0").send();
        match expected {
            Some(expected) => {
                let kid = id.rsplit(':').next().unwrap();
                let url = format!("{root}{}", expected.replace("{kid}", kid));
                assert_eq!(value(&reply.expect(200)), url, "{ty} {delivery}");
            }
            None => assert!(!error_message(&reply.expect(400)).is_empty()),
        }
    }
    let unknown = format!("ContentKeys('{}')/GetKeyDeliveryUrl", percent(&new_id("kid")));
    api.post(&unknown, json!({ "keyDeliveryType": 2 })).send().expect(404);
}
