//! Delivery policies, authorization policies and their options.

use acceptance::{Service, error_message, id_of, key, new_id, percent};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};

const URL: &str = "https://keys.example/";

#[test]
fn delivery_policies_are_made_and_changed() {
    let api = &Service::shared().api;
    for (ty, protocol, configuration) in [
        (3, json!(4), json!([{ "Key": 2, "Value": URL }])),
        (
            3,
            json!("5"),
            json!([{ "Key": "1", "Value": URL }, { "Key": 3, "Value": STANDARD.encode([1; 16]) }]),
        ),
        (3, json!(7), json!([{ "Key": 2, "Value": URL }, { "Key": 6, "Value": "0A".repeat(16) }])),
        (4, json!(3), json!([{ "Key": 4, "Value": URL }, { "Key": 7, "Value": URL }])),
        (4, json!(2), json!([{ "Key": 8, "Value": URL }, { "Key": 12, "Value": "mp4a" }])),
        (5, json!(4), json!([{ "Key": 9, "Value": URL }, { "Key": 11, "Value": "0b".repeat(16) }])),
        (1, json!(0xffff), Json::Null),
        (2, json!(16), json!([])),
    ] {
        let text =
            if configuration.is_null() { Json::Null } else { json!(configuration.to_string()) };
        let body = json!({
            "Name": "p", "AssetDeliveryPolicyType": ty, "AssetDeliveryProtocol": protocol,
            "AssetDeliveryConfiguration": text, "Id": null, "Created": "0001-01-01T00:00:00",
        });
        let made = api.post("AssetDeliveryPolicies", body).send().expect(201).json();
        assert!(id_of(&made).starts_with("nb:adpid:UUID:"), "{made}");
        assert_eq!(made["AssetDeliveryConfiguration"], text);
        let path = key("AssetDeliveryPolicies", &made);
        api.merge(&path, json!({ "Name": "q" })).send().expect(204);
        assert_eq!(api.get(&path).send().expect(200).json()["Name"], "q");
        api.delete(&path).send().expect(204);
        api.get(&path).send().expect(404);
    }
}

#[test]
fn broken_delivery_policies_are_refused() {
    let api = &Service::shared().api;
    let envelope = json!([{ "Key": 2, "Value": URL }]).to_string();
    for (ty, protocol, configuration, problem) in [
        (json!(0), json!(4), "", "AssetDeliveryPolicyType"),
        (json!(6), json!(4), "", "AssetDeliveryPolicyType"),
        (json!("x"), json!(4), "", "AssetDeliveryPolicyType"),
        (json!(2), json!(0), "", "AssetDeliveryProtocol"),
        (json!(2), json!(0x10000), "", "AssetDeliveryProtocol"),
        (json!(2), json!(-1), "", "AssetDeliveryProtocol"),
        (json!(3), json!(4), "", "EnvelopeKeyAcquisitionUrl"),
        (json!(3), json!(4), "{", "AssetDeliveryConfiguration"),
        (json!(3), json!(4), "{}", "array"),
        (json!(3), json!(4), r#"[{"Key":2,"Value":"keys"}]"#, "absolute URL"),
        (json!(3), json!(4), r#"[{"Key":2,"Value":null}]"#, "Value"),
        (json!(3), json!(4), r#"[{"Key":99,"Value":"x"}]"#, "no such key"),
        (json!(3), json!(4), r#"[{"Key":3,"Value":"AAAA"}]"#, "16 bytes"),
        (json!(4), json!(4), r#"[{"Key":7,"Value":"https://w.example/"}]"#, "Dash"),
        (json!(2), json!(4), &"[".repeat(5000), "AssetDeliveryConfiguration"),
    ] {
        let body = json!({
            "Name": "broken policy", "AssetDeliveryPolicyType": ty,
            "AssetDeliveryProtocol": protocol, "AssetDeliveryConfiguration": configuration,
        });
        let refused = api.post("AssetDeliveryPolicies", body).send().expect(400);
        assert!(error_message(&refused).contains(problem), "{problem}: {refused}");
    }
    let none = "AssetDeliveryPolicies?$filter=Name eq 'broken policy'";
    assert!(api.get(none).send().expect(200).feed().is_empty());
    // Nor can a good one become one.
    let body = json!({
        "Name": "p", "AssetDeliveryPolicyType": 3, "AssetDeliveryProtocol": 4,
        "AssetDeliveryConfiguration": envelope,
    });
    let made = api.post("AssetDeliveryPolicies", body).send().expect(201).json();
    let path = key("AssetDeliveryPolicies", &made);
    api.merge(&path, json!({ "AssetDeliveryConfiguration": "x" })).send().expect(400);
    api.merge(&path, json!({ "AssetDeliveryProtocol": 0 })).send().expect(400);
    let read = api.get(&path).send().expect(200).json();
    assert_eq!(read["AssetDeliveryConfiguration"], envelope.as_str());
    let unknown = format!("AssetDeliveryPolicies('{}')", percent(&new_id("adpid")));
    api.get(&unknown).send().expect(404);
    api.delete(&unknown).send().expect(404);
    api.get("AssetDeliveryPolicies('x')").send().expect(400);
}

fn option(ty: Json, restrictions: Json) -> Json {
    json!({
        "Name": "o", "KeyDeliveryType": ty, "KeyDeliveryConfiguration": "",
        "Restrictions": restrictions,
    })
}

fn open() -> Json {
    json!([{ "Name": "open", "KeyRestrictionType": 0, "Requirements": null }])
}

#[test]
fn options_are_linked_in_order() {
    let api = &Service::shared().api;
    let policy = api.post("ContentKeyAuthorizationPolicies", json!({ "Name": "p" })).send();
    let policy = policy.expect(201).json();
    assert!(id_of(&policy).starts_with("nb:ckpid:UUID:"), "{policy}");
    let path = key("ContentKeyAuthorizationPolicies", &policy);
    let options: Vec<_> = [2, 1, 3]
        .map(|ty| {
            let post = api.post("ContentKeyAuthorizationPolicyOptions", option(json!(ty), open()));
            id_of(&post.header("dataserviceversion", "3.0").send().expect(201).json())
        })
        .into();
    for id in options.iter().rev() {
        api.link(&path, "Options", "ContentKeyAuthorizationPolicyOptions", id).expect(204);
    }
    let linked = || -> Vec<_> {
        let feed = api.get(&format!("{path}/Options")).send().expect(200).feed();
        feed.iter().map(id_of).collect()
    };
    assert_eq!(linked(), options.iter().rev().cloned().collect::<Vec<_>>());
    api.link(&path, "Options", "ContentKeyAuthorizationPolicyOptions", &options[0]).expect(409);
    let link = format!("{path}/$links/Options('{}')", percent(&options[1]));
    api.delete(&link).send().expect(204);
    assert_eq!(linked(), [options[2].clone(), options[0].clone()]);
    // An option is not its policy's alone: it stays.
    let unlinked = format!("ContentKeyAuthorizationPolicyOptions('{}')", percent(&options[1]));
    api.get(&unlinked).send().expect(200);
    api.delete(&path).send().expect(204);
    api.get(&path).send().expect(404);
}

#[test]
fn options_are_kept_as_they_are_given() {
    let api = &Service::shared().api;
    let set = "ContentKeyAuthorizationPolicyOptions";
    for (ty, configuration) in [
        (1, json!("<PlayReadyLicenseResponseTemplate/>")),
        (2, Json::Null),
        (3, json!("{\"allowed_track_types\":\"SD_HD\"}")),
        (4, json!("{}")),
    ] {
        let mut body = option(json!(ty.to_string()), open());
        body["KeyDeliveryConfiguration"] = configuration.clone();
        let post = api.post(set, &body).header("dataserviceversion", "3.0");
        let made = post.send().expect(201).json();
        assert_eq!(made["KeyDeliveryConfiguration"], configuration);
        assert_eq!(made["Restrictions"][0]["KeyRestrictionType"], 0);
        let path = key(set, &made);
        let change = api.merge(&path, json!({ "Name": "new" }));
        change.header("dataserviceversion", "3.0").send().expect(204);
        let read = api.get(&path).send().expect(200).json();
        assert_eq!((&read["Name"], &read["KeyDeliveryType"]), (&json!("new"), &json!(ty)));
        assert_eq!(read["Restrictions"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn broken_options_are_refused() {
    let api = &Service::shared().api;
    let restricted = |requirements: Json| json!([{ "Name": "r", "KeyRestrictionType": 1, "Requirements": requirements }]);
    let dtd = "<!DOCTYPE a [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><a>&e;</a>";
    let open_id = "<TokenRestrictionTemplate xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\">\
                   <Audience>a</Audience><Issuer>i</Issuer><OpenIdConnectDiscoveryDocument>\
                   <OpenIdDiscoveryUri>https://o.example/</OpenIdDiscoveryUri>\
                   </OpenIdConnectDiscoveryDocument><TokenType>JWT</TokenType>\
                   </TokenRestrictionTemplate>";
    for (body, problem) in [
        (option(json!(0), open()), "KeyDeliveryType"),
        (option(json!(9), open()), "KeyDeliveryType"),
        (option(Json::Null, open()), "KeyDeliveryType"),
        (option(json!("x"), open()), "KeyDeliveryType"),
        (option(json!(2), json!([])), "Restrictions"),
        (option(json!(2), Json::Null), "Restrictions"),
        (option(json!(2), json!("open")), "Restrictions"),
        (option(json!(2), json!([{ "KeyRestrictionType": 2 }])), "2 is not supported"),
        (option(json!(2), json!([{ "KeyRestrictionType": 7 }])), "7 is not supported"),
        (option(json!(2), json!([{ "Nope": 0 }])), "Nope"),
        (option(json!(2), restricted(Json::Null)), "TokenRestrictionTemplate"),
        (option(json!(2), restricted(json!("<TokenRestrictionTemplate>"))), "cut short"),
        (option(json!(2), restricted(json!("<TokenRestrictionTemplate/>"))), "missing"),
        (option(json!(2), restricted(json!(dtd))), "document type"),
        (option(json!(2), restricted(json!(open_id))), "OpenIdConnectDiscoveryDocument"),
        (option(json!(2), restricted(json!("<a>".repeat(40_000)))), "TokenRestrictionTemplate"),
    ] {
        let post = api.post("ContentKeyAuthorizationPolicyOptions", &body);
        let refused = post.header("dataserviceversion", "3.0").send().expect(400);
        assert!(error_message(&refused).contains(problem), "{problem}: {refused}");
    }
    // All that a set of hostile restrictions could be is too many.
    let many = Json::Array(vec![open()[0].clone(); 21]);
    let post = api.post("ContentKeyAuthorizationPolicyOptions", option(json!(2), many));
    post.header("dataserviceversion", "3.0").send().expect(400);
}
