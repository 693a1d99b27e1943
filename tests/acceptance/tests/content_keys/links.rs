//! Keys and delivery policies of assets.

use acceptance::{Api, Service, error_message, id_of, new_id, percent};
use serde_json::{Value as Json, json};

fn asset(api: &Api, options: i32) -> String {
    let made = api.post("Assets", json!({ "Name": "a", "Options": options })).send().expect(201);
    format!("Assets('{}')", percent(&id_of(&made.json())))
}

fn key_path(id: &str) -> String {
    format!("ContentKeys('{}')", percent(id))
}

fn policy(api: &Api, ty: i32, protocol: i32) -> String {
    let configuration = match ty {
        3 => json!([{ "Key": 2, "Value": "https://keys.example/" }]).to_string(),
        _ => String::new(),
    };
    let body = json!({
        "Name": "p", "AssetDeliveryPolicyType": ty, "AssetDeliveryProtocol": protocol,
        "AssetDeliveryConfiguration": configuration,
    });
    id_of(&api.post("AssetDeliveryPolicies", body).send().expect(201).json())
}

fn link_key(api: &Api, asset: &str, key: &str) -> acceptance::Reply {
    api.link(asset, "ContentKeys", "ContentKeys", key)
}

fn link_policy(api: &Api, asset: &str, policy: &str) -> acceptance::Reply {
    api.link(asset, "DeliveryPolicies", "AssetDeliveryPolicies", policy)
}

fn linked(api: &Api, asset: &str, what: &str) -> Vec<Json> {
    api.get(&format!("{asset}/{what}")).send().expect(200).feed()
}

#[test]
fn links_are_made_in_every_form() {
    let api = &Service::shared().api;
    let asset = asset(api, 0);
    for (content_type, version, body) in [
        ("application/json", "3.0", r#"{"url":"%"}"#),
        ("application/json", "1.0", r#"{"uri":"%"}"#),
        ("application/json;odata=verbose", "3.0", r#"{"uri":"%"}"#),
    ] {
        let id = api.content_key(4, &[7; 16]);
        let body = body.replace('%', &api.uri("ContentKeys", &id));
        let path = format!("{asset}/$links/ContentKeys");
        let post = api.call("POST", &path).body(body).header("content-type", content_type);
        post.header("dataserviceversion", version).send().expect(204);
        assert_eq!(id_of(&linked(api, &asset, "ContentKeys")[0]), id);
        let path = format!("{asset}/$links/{}", key_path(&id));
        api.delete(&path).send().expect(204);
        assert!(linked(api, &asset, "ContentKeys").is_empty());
        // It was the last link: the key is gone.
        api.get(&key_path(&id)).send().expect(404);
        api.delete(&path).send().expect(404);
    }
}

#[test]
fn key_types_fit_the_options_of_the_asset() {
    let api = &Service::shared().api;
    let fits = [(0, [0, 4, 6]), (1, [0, 1, 4]), (2, [0, 0, 0]), (4, [4, 4, 4])];
    for (options, types) in fits {
        for ty in [0, 1, 2, 4, 6] {
            let asset = asset(api, options);
            let key = api.content_key(ty, &[7; 16]);
            let reply = link_key(api, &asset, &key);
            if types.contains(&ty) || (options == 1 && ty == 6) {
                reply.expect(204);
            } else {
                assert!(error_message(&reply.expect(400)).contains("Options"), "{options} {ty}");
                assert!(linked(api, &asset, "ContentKeys").is_empty());
            }
        }
    }
}

#[test]
fn an_asset_has_one_storage_key_and_no_key_twice() {
    let api = &Service::shared().api;
    let asset = asset(api, 1);
    let (one, other) = (api.content_key(1, &[7; 32]), api.content_key(1, &[8; 32]));
    link_key(api, &asset, &one).expect(204);
    assert!(error_message(&link_key(api, &asset, &one).expect(409)).contains("already"));
    let second = link_key(api, &asset, &other).expect(409);
    assert!(error_message(&second).contains("StorageEncryption"), "{second}");
    assert_eq!(linked(api, &asset, "ContentKeys").len(), 1);
    // Others may come along.
    link_key(api, &asset, &api.content_key(4, &[7; 16])).expect(204);
    assert_eq!(linked(api, &asset, "ContentKeys").len(), 2);
}

#[test]
fn broken_links_are_refused() {
    let api = &Service::shared().api;
    let asset = asset(api, 0);
    let (key, delivery) = (api.content_key(4, &[7; 16]), policy(api, 1, 1));
    for (body, status) in [
        (json!({ "url": api.uri("ContentKeys", &new_id("kid")) }), 404),
        (json!({ "url": api.uri("ContentKeys", "nb:kid:UUID:invalidContentKeyId") }), 400),
        (json!({ "url": api.uri("AssetDeliveryPolicies", &delivery) }), 400),
        (json!({ "url": "ContentKeys" }), 400),
        (json!({ "url": "" }), 400),
        (json!({ "url": 7 }), 400),
        (json!({ "Id": key }), 400),
        (json!([]), 400),
    ] {
        let path = format!("{asset}/$links/ContentKeys");
        let post = api.post(&path, &body).header("dataserviceversion", "3.0");
        assert!(!error_message(&post.send().expect(status)).is_empty(), "{body}");
    }
    let gone = format!("Assets('{}')", percent(&new_id("cid")));
    link_key(api, &gone, &key).expect(404);
    assert!(linked(api, &asset, "ContentKeys").is_empty());
}

#[test]
fn keys_go_with_their_last_asset() {
    let api = &Service::shared().api;
    let (one, other) = (asset(api, 0), asset(api, 0));
    let (shared, own) = (api.content_key(4, &[7; 16]), api.content_key(0, &[7; 16]));
    link_key(api, &one, &shared).expect(204);
    link_key(api, &other, &shared).expect(204);
    link_key(api, &one, &own).expect(204);
    api.delete(&one).send().expect(204);
    api.get(&key_path(&own)).send().expect(404);
    api.get(&key_path(&shared)).send().expect(200);
    let path = format!("{other}/$links/{}", key_path(&shared));
    api.delete(&path).send().expect(204);
    api.get(&key_path(&shared)).send().expect(404);
    // A key that is deleted is linked no more.
    let key = api.content_key(4, &[7; 16]);
    link_key(api, &other, &key).expect(204);
    api.delete(&key_path(&key)).send().expect(204);
    assert!(linked(api, &other, "ContentKeys").is_empty());
}

#[test]
fn dynamic_encryption_needs_its_key() {
    let api = &Service::shared().api;
    for (ty, key_type, name, needed) in [
        (3, 4, "DynamicEnvelopeEncryption", "EnvelopeEncryption"),
        (4, 0, "DynamicCommonEncryption", "CommonEncryption"),
        (5, 6, "DynamicCommonEncryptionCbcs", "CommonEncryptionCbcs"),
    ] {
        let (asset, policy) = (asset(api, 0), policy(api, ty, 4));
        let refused = link_policy(api, &asset, &policy).expect(400);
        let message = format!(
            "Cannot set an AssetDeliveryPolicy specifying AssetDeliveryPolicyType.{name} when no \
             ContentKey with ContentKeyType.{needed} is linked to it"
        );
        assert!(error_message(&refused).contains(&message), "{refused}");
        link_key(api, &asset, &api.content_key(key_type, &[7; 16])).expect(204);
        link_policy(api, &asset, &policy).expect(204);
        assert_eq!(linked(api, &asset, "DeliveryPolicies").len(), 1);
    }
}

#[test]
fn a_protocol_has_one_policy() {
    let api = &Service::shared().api;
    let asset = asset(api, 0);
    let (smooth_and_dash, hls) = (policy(api, 2, 3), policy(api, 1, 4));
    link_policy(api, &asset, &smooth_and_dash).expect(204);
    link_policy(api, &asset, &hls).expect(204);
    link_policy(api, &asset, &hls).expect(409);
    for protocols in [1, 2, 6, 0xffff] {
        let other = policy(api, 2, protocols);
        let refused = link_policy(api, &asset, &other).expect(409);
        assert!(error_message(&refused).contains("protocol"), "{refused}");
    }
    link_policy(api, &asset, &policy(api, 2, 16)).expect(204);
    assert_eq!(linked(api, &asset, "DeliveryPolicies").len(), 3);
}

#[test]
fn what_is_streamed_keeps_its_policies() {
    let api = &Service::shared().api;
    let upload = api.upload("v.mp4", b"x");
    let asset = format!("Assets('{}')", percent(&upload.asset));
    let (one, other) = (policy(api, 2, 1), policy(api, 2, 2));
    link_policy(api, &asset, &one).expect(204);
    let locator = api.origin(&upload.asset);
    let path = format!("AssetDeliveryPolicies('{}')", percent(&one));
    let link = format!("{asset}/$links/DeliveryPolicies('{}')", percent(&one));
    for refused in [
        link_policy(api, &asset, &other),
        api.delete(&link).send(),
        api.delete(&path).send(),
        api.merge(&path, json!({ "AssetDeliveryPolicyType": 1 })).send(),
        api.merge(&path, json!({ "AssetDeliveryProtocol": 4 })).send(),
    ] {
        assert!(error_message(&refused.expect(409)).contains("locator"));
    }
    // Its name is no matter, and nothing has changed.
    api.merge(&path, json!({ "Name": "new" })).send().expect(204);
    let read = linked(api, &asset, "DeliveryPolicies");
    assert_eq!((read.len(), &read[0]["AssetDeliveryPolicyType"]), (1, &json!(2)));
    api.delete(&acceptance::key("Locators", &locator)).send().expect(204);
    api.merge(&path, json!({ "AssetDeliveryPolicyType": 1 })).send().expect(204);
    api.delete(&link).send().expect(204);
    api.delete(&path).send().expect(204);
}

#[test]
fn storage_encrypted_assets_stream_by_a_policy_only() {
    let api = &Service::shared().api;
    let path = asset(api, 1);
    let id = id_of(&api.get(&path).send().expect(200).json());
    let body = acceptance::locator(&api.policy(1), &id, 2);
    let refused = api.post("Locators", &body).send().expect(400);
    assert!(error_message(&refused).contains("AssetDeliveryPolicy"), "{refused}");
    // Downloads give what is stored.
    api.sas(&id, 1);
    link_policy(api, &path, &policy(api, 2, 0xffff)).expect(204);
    api.post("Locators", &body).send().expect(201);
}
