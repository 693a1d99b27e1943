//! Key delivery: who gets a key, and who does not.

use std::time::{SystemTime, UNIX_EPOCH};

use acceptance::crypto::{self, Identity};
use acceptance::{Reply, Service, id_of, percent, value};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};
use uuid::Uuid;

const SECRET: [u8; 64] = [7; 64];
const KEY_ID: &str = "urn:microsoft:azure:mediaservices:contentkeyidentifier";

/// A content key that is delivered.
struct Key {
    id: String,
    bytes: Vec<u8>,
    url: String,
}

impl Key {
    /// Of a type, with options that have these restrictions each.
    #[track_caller]
    fn new(ty: i32, options: &[Json]) -> Self {
        let api = &Service::shared().api;
        let bytes = crypto::random(16);
        let id = api.content_key(ty, &bytes);
        let policy = api.post("ContentKeyAuthorizationPolicies", json!({ "Name": "p" })).send();
        let policy = id_of(&policy.expect(201).json());
        for restrictions in options {
            let body = json!({ "Name": "o", "KeyDeliveryType": 2, "Restrictions": restrictions });
            let post = api.post("ContentKeyAuthorizationPolicyOptions", body);
            let option = post.header("dataserviceversion", "3.0").send().expect(201).json();
            let from = format!("ContentKeyAuthorizationPolicies('{}')", percent(&policy));
            let set = "ContentKeyAuthorizationPolicyOptions";
            api.link(&from, "Options", set, &id_of(&option)).expect(204);
        }
        let path = format!("ContentKeys('{}')", percent(&id));
        api.merge(&path, json!({ "AuthorizationPolicyId": policy })).send().expect(204);
        let url = match ty {
            4 => {
                let path = format!("{path}/GetKeyDeliveryUrl");
                value(&api.post(&path, json!({ "keyDeliveryType": 2 })).send().expect(200))
            }
            _ => format!("{}/keydelivery/ClearKey/", Service::shared().info.streaming),
        };
        Self { id, bytes, url }
    }

    fn kid(&self) -> Uuid {
        Uuid::parse_str(self.id.rsplit(':').next().unwrap()).unwrap()
    }

    /// Asks for it with a token.
    #[track_caller]
    fn fetch(&self, token: &str) -> Reply {
        let post = Service::shared().api.plain("POST", &self.url);
        post.header("authorization", &format!("Bearer {token}")).send()
    }
}

fn open() -> Json {
    json!([{ "Name": "open", "KeyRestrictionType": 0, "Requirements": null }])
}

fn restricted(ty: &str, primary: &str, alternate: &str, claims: &[(&str, Option<&str>)]) -> Json {
    let claim = |(name, value): &(&str, Option<&str>)| {
        let value = match value {
            Some(value) => format!("<ClaimValue>{value}</ClaimValue>"),
            None => "<ClaimValue i:nil=\"true\" />".to_owned(),
        };
        format!("<TokenClaim><ClaimType>{name}</ClaimType>{value}</TokenClaim>")
    };
    let claims: String = claims.iter().map(claim).collect();
    let template = format!(
        "<TokenRestrictionTemplate xmlns:i=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns=\"http://schemas.microsoft.com/Azure/MediaServices/KeyDelivery/\
         TokenRestrictionTemplate/v1\"><AlternateVerificationKeys>{alternate}\
         </AlternateVerificationKeys><Audience>urn:audience</Audience><Issuer>https://issuer/\
         </Issuer>{primary}<RequiredClaims>{claims}</RequiredClaims><TokenType>{ty}</TokenType>\
         </TokenRestrictionTemplate>"
    );
    json!([{ "Name": "token", "KeyRestrictionType": 1, "Requirements": template }])
}

fn symmetric(element: &str, key: &[u8]) -> String {
    let key = STANDARD.encode(key);
    format!("<{element} i:type=\"SymmetricVerificationKey\"><KeyValue>{key}</KeyValue></{element}>")
}

fn primary() -> String {
    symmetric("PrimaryVerificationKey", &SECRET)
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn claims(key: &Key) -> Json {
    json!({
        "iss": "https://issuer/", "aud": "urn:audience", "nbf": now() - 10, "exp": now() + 600,
        KEY_ID: key.kid().to_string(),
    })
}

#[test]
fn an_open_key_is_delivered_to_everybody() {
    let api = &Service::shared().api;
    let key = Key::new(4, &[open()]);
    let lower = key.url.replace("KID", "kid");
    let upper = key.url.replace(&key.kid().to_string(), &key.kid().to_string().to_uppercase());
    for call in [
        api.plain("GET", &key.url),
        api.plain("POST", &key.url).body("").header("content-type", "text/xml"),
        api.plain("POST", &key.url).header("content-type", "text/plain; charset=utf-8"),
        api.plain("POST", &key.url).header("authorization", "Bearer any"),
        api.plain("GET", &lower),
        api.plain("GET", &upper),
        api.plain("GET", &key.url.replace("/?", "?")),
        api.plain("GET", &key.url.replace("/?", "/HlsHandler.ashx?")),
    ] {
        let reply =
            call.send().expect(200).expect_header("content-type", "application/octet-stream");
        let reply = reply.expect_header("access-control-allow-origin", "*");
        assert_eq!(reply.body, key.bytes);
    }
    let preflight = api
        .plain("OPTIONS", &key.url)
        .header("origin", "https://player.example")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization")
        .send()
        .expect(204);
    assert!(preflight.header("access-control-allow-headers").contains("authorization"));
    assert_eq!(preflight.header("access-control-allow-origin"), "https://player.example");
    assert_eq!(preflight.header("access-control-allow-credentials"), "true");
    assert!(preflight.header("access-control-allow-methods").contains("POST"));
}

#[test]
fn what_is_not_a_key_is_not_delivered() {
    let api = &Service::shared().api;
    let root = format!("{}/keydelivery", Service::shared().info.streaming);
    let storage = api.content_key(1, &[7; 32]);
    let bare = api.content_key(4, &[7; 16]);
    let guid = |id: &str| id.rsplit(':').next().unwrap().to_owned();
    for (method, path, status) in [
        ("GET", "/".to_owned(), 400),
        ("GET", "/?kid=".to_owned(), 400),
        ("GET", "/?kid=x".to_owned(), 400),
        ("GET", format!("/?kid={}", Uuid::new_v4()), 404),
        // Storage keys never leave by this door.
        ("GET", format!("/?kid={}", guid(&storage)), 403),
        // A key without a policy is nobody's.
        ("GET", format!("/?kid={}", guid(&bare)), 403),
        ("DELETE", format!("/?kid={}", guid(&bare)), 405),
        ("GET", "/other/?kid=1".to_owned(), 404),
        ("POST", "/PlayReady/".to_owned(), 501),
        ("POST", format!("/Widevine/?kid={}", guid(&bare)), 501),
        ("GET", format!("/FairPlay/?kid={}", guid(&bare)), 501),
    ] {
        let reply = api.plain(method, &format!("{root}{path}")).send().expect(status);
        assert!(!reply.text().trim().is_empty(), "{reply}");
        assert_eq!(reply.header("access-control-allow-origin"), "*");
    }
    // A policy without options lets nobody in.
    let key = Key::new(4, &[]);
    api.plain("GET", &key.url).send().expect(403);
}

#[test]
fn web_tokens_open_a_restricted_key() {
    let api = &Service::shared().api;
    let alternate = symmetric("TokenVerificationKey", &[9; 32]);
    let required = [(KEY_ID, None), ("rental", Some("true"))];
    let key = Key::new(4, &[restricted("JWT", &primary(), &alternate, &required)]);
    let mut good = claims(&key);
    good["rental"] = json!("true");
    assert_eq!(key.fetch(&crypto::jwt(&SECRET, &good)).expect(200).body, key.bytes);
    assert_eq!(key.fetch(&crypto::jwt(&[9; 32], &good)).expect(200).body, key.bytes);
    let token = crypto::jwt(&SECRET, &good);
    for url in [
        format!("{}&token={token}", key.url),
        format!("{}&token={}", key.url, percent(&format!("Bearer={token}"))),
    ] {
        assert_eq!(api.plain("GET", &url).send().expect(200).body, key.bytes);
    }

    let changed = |name: &str, value: Json| {
        let mut claims = good.clone();
        claims[name] = value;
        crypto::jwt(&SECRET, &claims)
    };
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", token.split('.').nth(1).unwrap());
    for (token, status) in [
        (changed("iss", json!("https://other/")), 401),
        (changed("aud", json!("urn:other")), 401),
        (changed("exp", json!(now() - 3600)), 401),
        (changed("exp", json!("soon")), 401),
        (changed("nbf", json!(now() + 3600)), 401),
        (changed(KEY_ID, json!(Uuid::new_v4().to_string())), 403),
        (changed("rental", json!("false")), 403),
        (crypto::jwt(&[8; 64], &good), 401),
        (unsigned, 401),
        (token[..token.len() - 1].to_owned(), 401),
        ("x".to_owned(), 401),
    ] {
        let reply = key.fetch(&token).expect(status);
        let challenge = reply.header("www-authenticate");
        assert!(challenge.starts_with("Bearer ") && challenge.contains("error="), "{reply}");
        assert!(!reply.text().contains(&token), "{reply}");
    }
    let anonymous = api.plain("POST", &key.url).send().expect(401);
    assert!(anonymous.header("www-authenticate").starts_with("Bearer"), "{anonymous}");
    api.plain("POST", &key.url).header("authorization", "Basic eDp5").send().expect(401);
}

#[test]
fn certificates_verify_tokens_too() {
    let identity = Identity::new(2048);
    let primary = format!(
        "<PrimaryVerificationKey i:type=\"X509CertTokenVerificationKey\"><RawBody>{}</RawBody>\
         </PrimaryVerificationKey>",
        identity.certificate
    );
    let key = Key::new(4, &[restricted("JWT", &primary, "", &[(KEY_ID, None)])]);
    assert_eq!(key.fetch(&identity.jwt(&claims(&key))).expect(200).body, key.bytes);
    key.fetch(&Identity::new(2048).jwt(&claims(&key))).expect(401);
    // The public key is no secret: it must not sign as one.
    let public = STANDARD.decode(&identity.certificate).unwrap();
    key.fetch(&crypto::jwt(&public, &claims(&key))).expect(401);
}

#[test]
fn simple_web_tokens_open_a_restricted_key() {
    let api = &Service::shared().api;
    let key = Key::new(4, &[restricted("SWT", &primary(), "", &[(KEY_ID, None)])]);
    let (kid, end, past) =
        (key.kid().to_string(), (now() + 600).to_string(), (now() - 600).to_string());
    let good = [
        (KEY_ID, kid.as_str()),
        ("Audience", "urn:audience"),
        ("ExpiresOn", &end),
        ("Issuer", "https://issuer/"),
    ];
    let token = crypto::swt(&SECRET, &good);
    assert_eq!(key.fetch(&token).expect(200).body, key.bytes);
    let url = format!("{}&token={}", key.url, percent(&token));
    assert_eq!(api.plain("GET", &url).send().expect(200).body, key.bytes);
    let raw = api.plain("GET", &key.url).header("authorization", &format!("Bearer={token}"));
    assert_eq!(raw.send().expect(200).body, key.bytes);
    let other = Uuid::new_v4().to_string();
    for (index, value, status) in [
        (0, other.as_str(), 403),
        (1, "urn:other", 401),
        (2, past.as_str(), 401),
        (3, "https://other/", 401),
    ] {
        let mut claims = good;
        claims[index].1 = value;
        key.fetch(&crypto::swt(&SECRET, &claims)).expect(status);
    }
    key.fetch(&crypto::swt(&[8; 64], &good)).expect(401);
    key.fetch(&token.replace(&end, &(now() + 6000).to_string())).expect(401);
    key.fetch(&crypto::jwt(&SECRET, &claims(&key))).expect(401);
}

#[test]
fn one_of_several_options_is_enough() {
    let token = restricted("JWT", &primary(), "", &[]);
    let other = restricted("JWT", &symmetric("PrimaryVerificationKey", &[9; 32]), "", &[]);
    let key = Key::new(4, &[token.clone(), other]);
    for secret in [&SECRET[..], &[9; 32]] {
        key.fetch(&crypto::jwt(secret, &claims(&key))).expect(200);
    }
    key.fetch(&crypto::jwt(&[8; 32], &claims(&key))).expect(401);
    // All restrictions of one option must hold.
    let mut both = token.as_array().unwrap().clone();
    both.push(open()[0].clone());
    let key = Key::new(4, &[Json::Array(both)]);
    Service::shared().api.plain("GET", &key.url).send().expect(401);
    key.fetch(&crypto::jwt(&SECRET, &claims(&key))).expect(200);
}

#[test]
fn clear_key_licences_are_of_common_encryption() {
    let api = &Service::shared().api;
    let key = Key::new(0, &[open()]);
    let kid = URL_SAFE_NO_PAD.encode(key.kid().as_bytes());
    let ask = |body: Json| api.plain("POST", &key.url).json(body).send();
    let license = ask(json!({ "kids": [kid], "type": "temporary" })).expect(200);
    let expected = json!({
        "keys": [{ "kty": "oct", "kid": kid, "k": URL_SAFE_NO_PAD.encode(&key.bytes) }],
        "type": "temporary",
    });
    assert_eq!(license.json(), expected);
    assert_eq!(license.header("access-control-allow-origin"), "*");

    let envelope = URL_SAFE_NO_PAD.encode(Key::new(4, &[open()]).kid().as_bytes());
    let unknown = URL_SAFE_NO_PAD.encode(Uuid::new_v4().as_bytes());
    let closed = URL_SAFE_NO_PAD.encode(Key::new(0, &[]).kid().as_bytes());
    for (body, status) in [
        (json!({ "kids": [kid, unknown] }), 404),
        (json!({ "kids": [envelope] }), 403),
        (json!({ "kids": [kid, closed] }), 403),
        (json!({ "kids": [kid], "type": "persistent-license" }), 400),
        (json!({ "kids": [] }), 400),
        (json!({ "kids": vec![kid.as_str(); 33] }), 400),
        (json!({ "kids": ["x"] }), 400),
        (json!({ "kids": kid }), 400),
        (json!([]), 400),
    ] {
        ask(body).expect(status);
    }
    api.plain("POST", &key.url).body("x").send().expect(400);
    api.plain("POST", &key.url).body(vec![b' '; 70_000]).send().expect(413);

    let key = Key::new(6, &[restricted("JWT", &primary(), "", &[(KEY_ID, None)])]);
    let body = json!({ "kids": [URL_SAFE_NO_PAD.encode(key.kid().as_bytes())] });
    api.plain("POST", &key.url).json(&body).send().expect(401);
    let token = format!("Bearer {}", crypto::jwt(&SECRET, &claims(&key)));
    let license = api.plain("POST", &key.url).json(&body).header("authorization", &token).send();
    let license = license.expect(200).json();
    assert_eq!(license["keys"][0]["k"], URL_SAFE_NO_PAD.encode(&key.bytes));
}

/// A host of its own needs no path: URLs are then those that the service had.
#[test]
fn a_host_for_keys_delivers_at_its_root() {
    let api = &Service::shared().api;
    let key = Key::new(4, &[open()]);
    let root = &Service::shared().info.streaming;
    let at = |path: &str| {
        let call = api.plain("POST", &format!("{root}{path}"));
        call.header("host", "mediad.keydelivery.mediaservices.windows.net").send()
    };
    assert_eq!(at(&format!("/?KID={}", key.kid())).expect(200).body, key.bytes);
    at("/PlayReady/").expect(501);
    at("/api/").expect(404);
}

/// Options of licences that are not issued here do not give the bare key away.
#[test]
fn a_licence_policy_delivers_no_key() {
    let api = &Service::shared().api;
    let key = Key::new(0, &[]);
    let policy = api.get(&format!("ContentKeys('{}')", percent(&key.id))).send().expect(200).json();
    let policy = policy["AuthorizationPolicyId"].as_str().unwrap().to_owned();
    let body = json!({ "Name": "o", "KeyDeliveryType": 1, "Restrictions": open() });
    let post = api.post("ContentKeyAuthorizationPolicyOptions", body);
    let option = id_of(&post.header("dataserviceversion", "3.0").send().expect(201).json());
    let from = format!("ContentKeyAuthorizationPolicies('{}')", percent(&policy));
    api.link(&from, "Options", "ContentKeyAuthorizationPolicyOptions", &option).expect(204);
    let body = json!({ "kids": [URL_SAFE_NO_PAD.encode(key.kid().as_bytes())] });
    api.plain("POST", &key.url).json(body).send().expect(403);
}
